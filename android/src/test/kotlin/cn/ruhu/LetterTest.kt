package cn.ruhu

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/** The authorisation letter on a phone: printed, asked for, signed on the screen. */
@Timeout(300, unit = TimeUnit.SECONDS)
class LetterTest {
    @Test
    fun `a letter is printed the same again and covers nobody before it is signed`(@TempDir home: Path): Unit = runBlocking {
        RuhuServer(home.resolve("server")).use { server ->
            server.start()
            Phone(home, "caseworker").use { phone ->
                phone.device.enroll(server.code("周明远", "caseworker", Town.TOWNSHIP))
                val case = phone.device.caseNew(Town.household()).id
                val fonts = given("ruhu.fonts").toString()
                val letter = phone.device.letterPrint(case, nationalLetter(), LetterWishes(), fonts)
                assertTrue(letter.new)
                assertEquals(listOf("陈大河"), letter.grantors)
                assertEquals("%PDF", letter.pdf.copyOf(4).decodeToString())
                assertTrue("\"kind\":\"signature\"" in letter.boxes, letter.boxes)
                val again = phone.device.letterPrint(case, nationalLetter(), LetterWishes(), fonts)
                assertFalse(again.new)
                assertEquals(letter.hash, again.hash)
                assertArrayEquals(letter.pdf, again.pdf)
                val other = phone.device.letterPrint(case, nationalLetter(), LetterWishes(scope = listOf("bank")), fonts)
                assertTrue(other.version.endsWith("/2"), other.version)

                val drawn = (0 until 40).joinToString(",") { "[${20 + it * 6},${60 + it % 7 * 5},${it * 20}]" }
                val signed = LetterWishes(signed = listOf(DrawnSignature("陈大河", strokes(drawn))))
                val copy = phone.device.letterPrint(case, nationalLetter(), signed, fonts)
                assertEquals(letter.hash, copy.hash)
                assertFalse(letter.pdf.contentEquals(copy.pdf))
                val file = home.resolve("chen.json").also { it.toFile().writeBytes(strokes(drawn)) }
                val signature = phone.device.attach(case, file.toString(), "signature")
                assertEquals(40u to 780u, signature.signature!!.points to signature.signature!!.durationMs)
                val ofKept = DrawnSignature("陈大河", phone.device.signature(case, signature.id))
                assertArrayEquals(copy.pdf, phone.device.letterPrint(case, nationalLetter(), LetterWishes(signed = listOf(ofKept)), fonts).pdf)
                val twice = assertThrows(RuhuException.PictureRefused::class.java) { phone.device.attach(case, file.toString(), "signature") }
                assertEquals("signature_used", twice.code)

                val photo = phone.device.letterPhoto(case, Photo.take(home.resolve("wall.jpg"), 7).toString())
                assertTrue(photo.retake)
                assertEquals("no_code", photo.standing)
                assertTrue("授权书" in photo.advice.first().zh, photo.advice.toString())
                val kept = phone.device.attach(case, home.resolve("wall.jpg").toString(), "letter")
                assertEquals(photo, kept.letter)
                assertEquals(emptyList<ReusedPrint>(), kept.reuse?.reused)
                assertEquals(0u, phone.device.letterLook(10u).left)
                assertEquals(emptyList<PrintPair>(), phone.device.letterReuseHeld().pairs)

                val coverage = phone.device.letterCoverage(case).people.single()
                assertEquals("陈大河", coverage.person.name)
                assertEquals(listOf(Lack.NO_LETTER), coverage.lacks)
                val refused = assertThrows(RuhuException.RequestRefused::class.java) {
                    phone.device.checkRequestExport(case, emptyList(), listOf("bank"))
                }
                assertEquals("not_authorized", refused.code)
                assertEquals(Lack.NO_LETTER, refused.refused.single().lack)
                val broken = assertThrows(RuhuException.LetterRefused::class.java) {
                    phone.device.letterPrint(case, "version = 1".encodeToByteArray(), LetterWishes(), fonts)
                }
                assertEquals("letter_template", broken.code)
            }
        }
    }

    @Test
    fun `a signature is more than a dot and not another person's`() {
        val drawn = (0 until 40).joinToString(",") { "[${20 + it * 6},${60 + it % 7 * 5},${it * 20}]" }
        val other = (0 until 40).joinToString(",") { "[${20 + it * 6},${60 + it % 5 * 9},${it * 20}]" }
        signatureCheck(strokes(drawn))
        signaturesDiffer(strokes(drawn), strokes(other))
        val short = assertThrows(RuhuException.SignatureRefused::class.java) { signatureCheck(strokes("[9,9,0]")) }
        assertEquals("signature_too_short", short.code)
        val same = assertThrows(RuhuException.SignatureRefused::class.java) { signaturesDiffer(strokes(drawn), strokes(drawn)) }
        assertEquals("signature_same", same.code)
    }

    private fun strokes(points: String) =
        """{"signature":1,"width":300,"height":120,"strokes":[[$points]]}""".encodeToByteArray()
}
