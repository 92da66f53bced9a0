package cn.ruhu

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.node.ArrayNode
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper
import org.apache.commons.codec.binary.Base32

/**
 * The content of an enrolment code: `RUHU1` and the Base32 of a CBOR array of the server's address, the
 * one-time secret, the server's key and the fingerprint of its TLS certificate.
 */
data class EnrolmentCode(val url: String, val secret: ByteArray, val serverKey: ByteArray, val tls: ByteArray?) {
    /** As a QR carries it. */
    fun text(): String {
        val array = cbor.createArrayNode().add(url).add(secret).add(serverKey)
        if (tls != null) array.add(tls)
        return PREFIX + Base32().encodeToString(cbor.writeValueAsBytes(array)).trimEnd('=')
    }

    companion object {
        private const val PREFIX = "RUHU1"
        private val cbor = CBORMapper()

        fun read(text: String): EnrolmentCode {
            val array = cbor.readTree(Base32().decode(text.removePrefix(PREFIX))) as ArrayNode
            val tls = array.get(3)?.takeUnless(JsonNode::isNull)?.binaryValue()
            return EnrolmentCode(array[0].asText(), array[1].binaryValue(), array[2].binaryValue(), tls)
        }
    }
}

/** The same bytes but for one. */
fun ByteArray.altered(): ByteArray = copyOf().also { it[0] = (it[0].toInt() xor 1).toByte() }
