package cn.ruhu

import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/** Where a photo is, a network that costs, and the room that a photo in a second place gives back. */
@Timeout(300, unit = TimeUnit.SECONDS)
class PhotoPlacesTest {
    @Test
    fun `a photo waits for a free network, comes into a second place, and gives its room back`(@TempDir home: Path): Unit = runBlocking {
        RuhuServer(home.resolve("server")).use { server ->
            server.start()
            Phone(home, "caseworker").use { phone ->
                phone.device.enroll(server.code("周明远", "caseworker", Town.TOWNSHIP))
                val case = phone.device.caseNew(Town.household()).id
                val file = Photo.take(home.resolve("house.jpg"), seed = 5)
                val sha256 = phone.device.attach(case, file.toString(), "house_out").sha256
                val kept = phone.device.file(sha256)
                fun photo() = phone.device.filesStatus(case).photos.single()

                phone.device.setMetered(true)
                assertEquals(1u, phone.device.sync().filesPaused)
                assertEquals(PhotoPlace.ONLY_HERE, photo().place)
                phone.device.setMetered(false)
                phone.device.sync()
                assertEquals(PhotoPlace.SERVER, photo().place)
                assertEquals(0u, phone.device.filesReclaim(null).photos)

                server.backUp(home.resolve("backup.tar"))
                phone.device.sync()
                assertEquals(PhotoPlace.SECOND_PLACE, photo().place)
                assertTrue(photo().reclaimable)
                assertEquals(1u, phone.device.filesReclaim(null).photos)
                assertFalse(photo().here)
                phone.device.fileFetch(sha256)
                assertArrayEquals(kept, phone.device.file(sha256))
            }
        }
    }
}
