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

/** Phone A's part of the story, from Kotlin: a village without network, two people, one household. */
@Timeout(300, unit = TimeUnit.SECONDS)
class HomeVisitTest {
    @Test
    fun `two people visit one household offline and nothing that either entered is lost`(@TempDir home: Path): Unit = runBlocking {
        RuhuServer(home.resolve("server")).use { server ->
            server.start()
            server.publish(given("ruhu.form"))
            Phone(home, "caseworker").use { caseworker ->
                Phone(home, "volunteer").use { volunteer ->
                    enrol(server, caseworker, volunteer)
                    val case = openHousehold(caseworker, volunteer)
                    server.stop()
                    val visit = visitThroughAnInterruption(caseworker, case)
                    val photos = attachTwo(caseworker, case, home)
                    volunteersView(volunteer, case)
                    server.start()
                    meetAgain(caseworker, volunteer, case, visit)
                    settle(caseworker, volunteer, case)
                    close(caseworker, volunteer, case, visit)
                    assertSameEverywhere(server, caseworker, volunteer, case, photos)
                }
            }
        }
    }

    private suspend fun enrol(server: RuhuServer, caseworker: Phone, volunteer: Phone) {
        assertFalse(caseworker.device.status().enrolled)
        val status = caseworker.device.enroll(server.code("周明远", "caseworker", Town.TOWNSHIP))
        assertTrue(status.enrolled)
        assertEquals("周明远", status.author?.person)
        assertEquals(Town.TOWNSHIP, status.scope)
        volunteer.device.enroll(server.code("林秀梅", "volunteer", Town.VILLAGE))
        for (phone in listOf(caseworker, volunteer)) {
            assertEquals(1, phone.device.sync().forms.size)
            assertEquals(listOf("home_visit"), phone.device.forms().map { it.id })
        }
    }

    private suspend fun openHousehold(caseworker: Phone, volunteer: Phone): String {
        val case = caseworker.device.caseNew(Town.household())
        assertEquals("0017", case.idTail)
        assertEquals(1u, caseworker.device.status().outbox)
        val pending = caseworker.device.notYetSafe()
        assertEquals(1u, pending.count)
        assertEquals(PendingKind.UNSENT, pending.pending.single().kind)
        assertEquals(1u, caseworker.device.caseList("", 0u, 9u).single().notYetSafe)
        val report = caseworker.device.sync()
        assertEquals(1u, report.sent)
        assertEquals(SyncExtent.ALL, syncExtent(report, caseworker.device.notYetSafe()))
        assertEquals(0u, caseworker.device.notYetSafe().count)
        assertEquals(1u, volunteer.device.sync().received)
        assertEquals(listOf(case.id), volunteer.device.caseSearch("cdh", 10u).map { it.id })
        return case.id
    }

    /** The app is killed in the middle of the form; what was acknowledged is there when it comes back. */
    private fun visitThroughAnInterruption(phone: Phone, case: String): String {
        val visit = phone.device.visitStart(case, "home_visit").id
        val (before, after) = VisitScript.steps.let { it.take(it.size / 2) to it.drop(it.size / 2) }
        val acknowledged = VisitScript.play(phone.device, visit, before)
        val gone = phone.device
        phone.close()
        assertThrows(IllegalStateException::class.java) { gone.visits(true) }

        assertEquals(listOf(visit), phone.device.visits(true).map { it.id })
        assertEquals(acknowledged, VisitScript.shown(phone.device, visit, acknowledged.keys))
        val all = acknowledged + VisitScript.play(phone.device, visit, after)
        val shown = phone.device.visitShow(visit)
        assertEquals(emptyList<MissingAnswer>(), shown.missing)
        assertEquals(all, VisitScript.shown(phone.device, visit, all.keys))
        val members = shown.pages.flatMap { it.nodes }.single { it.name == "members_real" }
        assertEquals(QuestionKind.INTEGER, members.kind)
        assertEquals("实际共同生活人口数", members.labels.zh)
        assertEquals("Members really living together", members.labels.en)
        assertTrue(phone.device.visitSave(visit).changed)
        return visit
    }

    private fun attachTwo(phone: Phone, case: String, home: Path): Map<String, ByteArray> =
        listOf("house_out", "house_in").associate { kind ->
            val file = Photo.take(home.resolve("$kind.jpg"), seed = kind.length.toLong())
            val attached = phone.device.attach(case, file.toString(), kind)
            val kept = phone.device.file(attached.sha256)
            assertEquals(kept.size.toULong(), attached.size)
            attached.sha256 to kept
        }

    /** The volunteer counts other members, and notes something that the caseworker did not. */
    private fun volunteersView(phone: Phone, case: String) {
        val visit = phone.device.visitStart(case, "home_visit").id
        phone.device.visitAnswer(visit, "members_real", "5")
        phone.device.visitAnswer(visit, "tenure", "rent")
        assertEquals(SavedVisit(changed = true, overtaken = emptyList()), phone.device.visitSave(visit))
    }

    private suspend fun meetAgain(caseworker: Phone, volunteer: Phone, case: String, visit: String) {
        val sent = caseworker.device.sync()
        // Two that were attached, and the seven that the form asks for.
        assertEquals(9u, sent.filesSent)
        assertEquals(emptyList<ItemFault>(), sent.filesFailed)
        volunteer.device.sync()
        caseworker.device.sync()

        val conflict = caseworker.device.conflicts(case).single { it.path == "case/members_real" }
        assertTrue(conflict.eligibility)
        val authors = conflict.choices.associate { it.text to it.author }
        assertEquals(mapOf("4" to "周明远", "5" to "林秀梅"), authors.mapValues { it.value.person })
        assertEquals(mapOf("4" to "caseworker", "5" to "volunteer"), authors.mapValues { it.value.role })
        assertTrue(conflict.choices.all { it.phoneTimeMs > 0 && it.serverTimeMs != null })
        assertEquals(1, conflict.choices.count { it.shown })
        assertEquals(conflict, volunteer.device.conflicts(case).single { it.path == conflict.path })

        val refused = assertThrows(RuhuException.InConflict::class.java) { caseworker.device.visitClose(visit) }
        assertEquals("in_conflict", refused.said.code)
        assertTrue(conflict.path in refused.paths)
    }

    private suspend fun settle(caseworker: Phone, volunteer: Phone, case: String) {
        for (conflict in caseworker.device.conflicts(case)) {
            val mine = conflict.choices.single { it.author.role == "caseworker" }
            caseworker.device.resolve(case, conflict.path, mine.text)
        }
        caseworker.device.sync()
        volunteer.device.sync()
        for (phone in listOf(caseworker, volunteer)) {
            assertEquals(emptyList<ConflictView>(), phone.device.conflicts(case))
            val history = phone.device.caseHistory(case, "case/members_real")
            assertEquals(setOf("4", "5"), history.map { it.text }.toSet())
            assertEquals("4", history.single { it.current }.text)
        }
    }

    private suspend fun close(caseworker: Phone, volunteer: Phone, case: String, visit: String) {
        caseworker.device.visitClose(visit)
        assertThrows(RuhuException.VisitClosed::class.java) { caseworker.device.visitAnswer(visit, "mode", "home") }
        caseworker.device.sync()
        volunteer.device.sync()
        val record = volunteer.device.caseShow(case).household.records.single { it.id == visit }
        assertEquals("closed", record.status)
        assertEquals("周明远", record.startedBy)
        assertEquals("4", record.answers.single { it.path.endsWith("/members_real") }.text)
    }

    private fun assertSameEverywhere(
        server: RuhuServer,
        caseworker: Phone,
        volunteer: Phone,
        case: String,
        photos: Map<String, ByteArray>,
    ) {
        val account = server.check()
        assertEquals(emptyList<String>(), account["findings"].map { it.toString() })
        val document = account["documents"].single { it["id"].asText() == case }
        val heads = document["heads"].map { it.asText() }.toSet()
        val evidence = caseworker.device.caseShow(case).household.evidence.map { it.sha256 }.toSet()
        // Two that were attached, and the seven that the form asks for.
        assertEquals(9, evidence.size)
        assertTrue(evidence.containsAll(photos.keys))
        for (phone in listOf(caseworker, volunteer)) {
            val shown = phone.device.caseShow(case)
            assertEquals(heads, shown.heads.toSet())
            assertEquals(evidence, shown.household.evidence.map { it.sha256 }.toSet())
            for ((sha256, bytes) in photos) {
                assertArrayEquals(bytes, phone.device.file(sha256))
            }
            assertEquals(emptyList<String>(), phone.device.check())
        }
        assertEquals(evidence, account["files"].filter { it["ok"].asBoolean() }.map { it["sha256"].asText() }.toSet())
    }
}
