package cn.ruhu

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import javax.imageio.ImageIO
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/** What a screen is told of a photo that was taken in, and what an office decides about them. */
@Timeout(300, unit = TimeUnit.SECONDS)
class PictureIntakeTest {
    @Test
    fun `one photo for two households is told with both places, and is taken`(@TempDir home: Path): Unit = runBlocking {
        RuhuServer(home.resolve("server")).use { server ->
            server.start()
            Phone(home, "caseworker").use { phone ->
                phone.device.enroll(server.code("周明远", "caseworker", Town.TOWNSHIP))
                assertEquals(PictureSettings(place = true, originals = false), phone.device.pictureSettings())
                phone.device.setPictureSettings(PictureSettings(place = false, originals = true))
                val (first, other) = List(2) { phone.device.caseNew(Town.household()).id }
                val file = Photo.take(home.resolve("house.jpg"), seed = 9).toString()

                val attached = phone.device.attach(first, file, "house_out")
                assertEquals(emptyList<SeenPhoto>(), attached.seen)
                assertEquals(2048u to 1536u, attached.width to attached.height)
                assertTrue(attached.quality != null && attached.originalKept)
                val small = ImageIO.read(phone.device.thumbnail(attached.id).inputStream())
                assertEquals(256, small.width)

                val again = phone.device.attach(other, file, "house_out")
                val seen = again.seen.single()
                assertEquals(Triple(first, attached.id, false), Triple(seen.case, seen.evidence, seen.sameHousehold))
                assertTrue("house_out" in seen.warning.zh && "same picture" in seen.warning.en)
            }
        }
    }

    @Test
    fun `a copy is made straight or gets a band, and the photo stays as it was`(@TempDir home: Path): Unit = runBlocking {
        RuhuServer(home.resolve("server")).use { server ->
            server.start()
            Phone(home, "caseworker").use { phone ->
                phone.device.enroll(server.code("周明远", "caseworker", Town.TOWNSHIP))
                val case = phone.device.caseNew(Town.household()).id
                val size = { jpeg: ByteArray -> ImageIO.read(jpeg.inputStream()).run { width to height } }
                val paper = phone.device.attach(case, Photo.paper(home.resolve("paper.jpg"), seed = 3).toString(), "papers")
                val before = phone.device.file(paper.sha256)
                val whole = size(before)
                val straight = size(phone.device.fileCopy(paper.id, true, null, ""))
                assertTrue(straight.first in 700..1200 && straight.second in 1000..1400, "$straight of $whole")
                val stamped = size(phone.device.fileCopy(paper.sha256, false, Language.ZH, given("ruhu.fonts").toString()))
                assertTrue(stamped.first == whole.first && stamped.second > whole.second, "$stamped of $whole")
                assertArrayEquals(before, phone.device.file(paper.sha256))

                val house = phone.device.attach(case, Photo.take(home.resolve("house.jpg"), seed = 4).toString(), "house_out")
                val refused = assertThrows(RuhuException.PictureRefused::class.java) {
                    phone.device.fileCopy(house.id, true, null, "")
                }
                assertEquals("document_not_found", refused.code)
            }
        }
    }
}
