package cn.ruhu

import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper
import com.sun.net.httpserver.HttpServer
import java.net.InetAddress
import java.net.InetSocketAddress

/** Something on the network that answers every request the same way, and is not Ruhu's server. */
class OtherServer(port: Int, status: Int, body: ByteArray, protocol: String?) : AutoCloseable {
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0).apply {
        createContext("/") { exchange ->
            exchange.requestBody.readAllBytes()
            protocol?.let { exchange.responseHeaders.add("Ruhu-Protocol", it) }
            exchange.sendResponseHeaders(status, if (body.isEmpty()) -1 else body.size.toLong())
            exchange.responseBody.use { it.write(body) }
        }
        start()
    }

    val url: String = "http://127.0.0.1:${server.address.port}"

    override fun close() = server.stop(0)

    companion object {
        /** The body of a refusal, as Ruhu's server writes it: code, Chinese, English. */
        fun problem(code: String, zh: String, en: String): ByteArray {
            val cbor = CBORMapper()
            return cbor.writeValueAsBytes(cbor.createArrayNode().add(code).add(zh).add(en))
        }
    }
}
