package cn.ruhu

import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/** A coroutine that syncs is cancelled, as when a screen is left; or it waits on a bad network. */
@Timeout(120, unit = TimeUnit.SECONDS)
class CancelledSyncTest {
    private lateinit var server: RuhuServer
    private lateinit var wire: Wire
    private lateinit var phone: Phone
    private lateinit var other: Phone

    @BeforeEach
    fun begin(@TempDir home: Path) = runBlocking {
        server = RuhuServer(home.resolve("server"), plainHttp = true).apply { start() }
        server.publish(given("ruhu.form"))
        wire = Wire(server.port)
        phone = Phone(home, "caseworker")
        other = Phone(home, "colleague")
        for (one in listOf(phone, other)) {
            one.device.enroll(server.code("周明远", "caseworker", Town.TOWNSHIP, wire.url))
            one.device.sync()
        }
    }

    @AfterEach
    fun end() {
        listOf(phone, other, wire, server).forEach(AutoCloseable::close)
    }

    @Test
    fun `a sync cancelled before the server has heard of it sends everything the next time`() =
        cancelledAt(Wire.Place.TO_SERVER)

    @Test
    fun `a sync cancelled when the server has taken the work and not been heard finds it taken`() =
        cancelledAt(Wire.Place.TO_PHONE)

    private fun cancelledAt(place: Wire.Place) = runBlocking(Dispatchers.IO) {
        val case = phone.device.caseNew(Town.household()).id
        wire.hold(place)
        val sync = async { phone.device.sync() }
        wire.awaitHeld()
        sync.cancelAndJoin()
        assertEquals(1u, phone.device.status().outbox)
        wire.cut()

        assertEquals(1u, phone.device.sync().sent)
        assertEquals(0u, phone.device.status().outbox)
        other.device.sync()
        assertEquals(phone.device.caseShow(case).heads, other.device.caseShow(case).heads)
        assertEquals(1, server.check()["documents"].count { it["id"].asText() == case })
    }

    @Test
    fun `a caseworker goes on answering while a sync waits, and a second sync is refused`(): Unit = runBlocking(Dispatchers.IO) {
        val case = phone.device.caseNew(Town.household()).id
        wire.hold(Wire.Place.TO_PHONE)
        val waiting = async { phone.device.sync() }
        wire.awaitHeld()

        val visit = phone.device.visitStart(case, "home_visit").id
        phone.device.visitAnswer(visit, "members_real", "4")
        phone.device.visitSave(visit)
        val refused = assertThrows(RuhuException.SyncRunning::class.java) { runBlocking { phone.device.sync() } }
        assertEquals("sync_running", refused.said.code)

        wire.release()
        waiting.await()
        phone.device.sync()
        assertEquals(0u, phone.device.status().outbox)
        other.device.sync()
        assertEquals("4", withContext(Dispatchers.IO) { other.device.caseShow(case) }.household.case.single { it.path == "case/members_real" }.text)
    }

    @Test
    fun `an app that is closed in the middle of a sync has everything when it is opened again`(): Unit = runBlocking(Dispatchers.IO) {
        val case = phone.device.caseNew(Town.household()).id
        wire.hold(Wire.Place.TO_PHONE)
        val sync = async { phone.device.sync() }
        wire.awaitHeld()
        sync.cancelAndJoin()
        phone.close()
        wire.cut()

        assertEquals(listOf(case), phone.device.caseList("", 0u, 10u).map { it.id })
        phone.device.sync()
        other.device.sync()
        assertEquals(listOf(case), other.device.caseList("", 0u, 10u).map { it.id })
    }

    @Test
    fun `a sync whose network goes after the text says what went well`(@TempDir home: Path): Unit = runBlocking(Dispatchers.IO) {
        val case = phone.device.caseNew(Town.household()).id
        phone.device.attach(case, Photo.take(home.resolve("front.jpg"), 5).toString(), "papers")
        val goes = object : SyncObserver {
            override fun onProgress(progress: SyncProgress) {
                if (progress.phase == SyncPhase.PHOTOS) wire.close()
            }
        }
        val incomplete = assertThrows(RuhuException.SyncIncomplete::class.java) { runBlocking { phone.device.syncObserved(goes) } }
        assertEquals("offline" to 2u, incomplete.code to incomplete.report.sent)
        assertEquals(0u, incomplete.report.filesSent)
        assertEquals(0u to 1u, phone.device.status().outbox to phone.device.status().filesWaiting)
    }

    @Test
    fun `a screen hears how far a sync has come and may ask the device meanwhile`(): Unit = runBlocking(Dispatchers.IO) {
        phone.device.caseNew(Town.household())
        val heard = CopyOnWriteArrayList<SyncProgress>()
        val report = phone.device.syncObserved(
            object : SyncObserver {
                override fun onProgress(progress: SyncProgress) {
                    phone.device.status()
                    heard.add(progress)
                }
            },
        )
        assertEquals(1u, report.sent)
        assertEquals(1u to 0u, heard.last().sent to heard.last().toSend)
        assertEquals(SyncPhase.PHOTOS, heard.last().phase)
    }
}
