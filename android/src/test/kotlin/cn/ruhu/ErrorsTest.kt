package cn.ruhu

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.MethodOrderer
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.api.TestMethodOrder
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/**
 * One call of every error case. Each must come as its own type with its code and a reason in both
 * languages, and must have changed nothing.
 */
@Timeout(300, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation::class)
class ErrorsTest {
    private val met = mutableSetOf<Class<out RuhuException>>()
    private lateinit var home: Path
    private lateinit var server: RuhuServer
    private lateinit var phone: Phone
    private lateinit var case: String

    @BeforeAll
    fun begin(@TempDir folder: Path) = runBlocking {
        home = folder
        server = RuhuServer(home.resolve("server")).apply { start() }
        server.publish(given("ruhu.form"))
        phone = Phone(home, "caseworker")
        phone.device.enroll(server.code("周明远", "caseworker", Town.TOWNSHIP))
        phone.device.sync()
        case = phone.device.caseNew(Town.household()).id
    }

    @AfterAll
    fun end() {
        phone.close()
        server.close()
    }

    private inline fun <reified E : RuhuException> refused(code: String, crossinline call: suspend () -> Unit): E {
        val error = assertThrows(E::class.java) { runBlocking { call() } }
        val said = error.said
        assertEquals(code, said.code)
        assertTrue(said.reason.any { Character.UnicodeScript.of(it.code) == Character.UnicodeScript.HAN }, said.reason)
        assertTrue(said.reasonEn.any { it in 'a'..'z' }, said.reasonEn)
        met += E::class.java
        return error
    }

    private fun visit(): String = phone.device.visitStart(case, "home_visit").id

    // ---- opening ----

    @Test
    fun `a key of 31 bytes`() {
        val folder = home.resolve("never")
        refused<RuhuException.InvalidKey>("invalid_key") { RuhuDevice.open(folder.toString(), ByteArray(31), "phone") }
        assertFalse(Files.exists(folder))
    }

    @Test
    fun `another key than the store was made with`() {
        val other = Phone(home, "other-key").apply { device.status() }
        other.close()
        refused<RuhuException.WrongKey>("wrong_key") { other.openAgain(withKey = ByteArray(32) { 9 }) }
        other.use { assertFalse(it.device.status().enrolled) }
    }

    @Test
    fun `a store that another object holds`() {
        refused<RuhuException.InUse>("in_use") { phone.openAgain() }
    }

    @Test
    fun `a database with overwritten pages is named as damaged and left as it is`() {
        val hurt = Phone(home, "damaged").apply { device.status() }
        hurt.close()
        val database = hurt.folder.resolve("store.db")
        val bytes = Files.readAllBytes(database)
        for (at in 64 until minOf(bytes.size, 8192)) bytes[at] = 0x55
        Files.write(database, bytes)
        refused<RuhuException.Damaged>("damaged") { hurt.openAgain() }
        assertTrue(bytes.contentEquals(Files.readAllBytes(database)))
    }

    @Test
    fun `a file where the store's folder should be`() {
        val file = Files.writeString(home.resolve("a-file"), "不是文件夹")
        refused<RuhuException.Storage>("store") { RuhuDevice.open(file.toString(), ByteArray(32), "phone") }
        assertEquals("不是文件夹", Files.readString(file))
    }

    // ---- enrolment ----

    @Test
    fun `work before enrolment`(): Unit = Phone(home, "new").use { new ->
        refused<RuhuException.NotEnrolled>("not_enrolled") { new.device.caseNew(Town.household()) }
        refused<RuhuException.NotEnrolled>("not_enrolled") { new.device.sync() }
        assertEquals(0u, new.device.status().cases)
    }

    @Test
    fun `a code of another server for a phone that is enrolled`() {
        val own = EnrolmentCode.read(server.code("周明远", "caseworker", Town.TOWNSHIP))
        val others = own.copy(serverKey = own.serverKey.altered())
        refused<RuhuException.AlreadyEnrolled>("already_enrolled") { phone.device.enroll(others.text()) }
    }

    @Test
    fun `a new code of its own server renews a phone that is enrolled`(): Unit = Phone(home, "renewed").use { renewed ->
        runBlocking {
            val first = renewed.device.enroll(server.code("林秀梅", "volunteer", Town.VILLAGE))
            renewed.device.caseNew(Town.household())
            val second = renewed.device.enroll(server.code("林秀梅", "volunteer", Town.VILLAGE))
            assertTrue(checkNotNull(second.expiresAtMs) >= checkNotNull(first.expiresAtMs))
            assertEquals(first.author, second.author)
            assertEquals(1u, renewed.device.sync().sent)
        }
    }

    @Test
    fun `a text that is no code`(): Unit = Phone(home, "no-code").use { new ->
        refused<RuhuException.InvalidCode>("invalid_code") { new.device.enroll("RUHU1 扫到了别的二维码") }
        refused<RuhuException.InvalidCode>("invalid_code") { new.device.enroll("") }
    }

    @Test
    fun `a code that another phone has used`(): Unit = Phone(home, "first").use { first ->
        Phone(home, "second").use { second ->
            val code = server.code("林秀梅", "volunteer", Town.VILLAGE)
            runBlocking { first.device.enroll(code) }
            val error = refused<RuhuException.ServerRefused>("server") { second.device.enroll(code) }
            assertEquals(409.toUShort() to "code_used", error.status to error.problem)
            assertFalse(second.device.status().enrolled)
        }
    }

    @Test
    fun `a code that the server never issued`(): Unit = Phone(home, "forged").use { new ->
        val code = EnrolmentCode.read(server.code("林秀梅", "volunteer", Town.VILLAGE))
        val forged = code.copy(secret = code.secret.altered())
        val error = refused<RuhuException.ServerRefused>("server") { new.device.enroll(forged.text()) }
        assertEquals(404.toUShort() to "code_unknown", error.status to error.problem)
    }

    @Test
    fun `a code that has expired`(): Unit = Phone(home, "late").use { new ->
        // A code lives an hour at least: the answer that it gets afterwards is played.
        val body = OtherServer.problem("code_expired", "登记码已过期，请向管理员索取新的登记码。", "The code has expired.")
        OtherServer(0, 410, body, protocol = "1").use { late ->
            val code = EnrolmentCode(late.url, ByteArray(16), ByteArray(32), tls = null)
            val error = refused<RuhuException.ServerRefused>("server") { new.device.enroll(code.text()) }
            assertEquals(410.toUShort() to "code_expired", error.status to error.problem)
            assertEquals("登记码已过期，请向管理员索取新的登记码。", error.said.reason)
        }
    }

    // ---- the network ----

    @Test
    fun `a server whose certificate is not the one of the code`(): Unit = Phone(home, "tapped").use { new ->
        val code = EnrolmentCode.read(server.code("林秀梅", "volunteer", Town.VILLAGE))
        val other = code.copy(tls = checkNotNull(code.tls).altered())
        refused<RuhuException.WrongServer>("wrong_server") { new.device.enroll(other.text()) }
        assertFalse(new.device.status().enrolled)
    }

    @Test
    fun `a server whose signing key is not the one of the code`(): Unit = Phone(home, "led-astray").use { new ->
        val code = EnrolmentCode.read(server.code("林秀梅", "volunteer", Town.VILLAGE))
        val other = code.copy(serverKey = code.serverKey.altered())
        refused<RuhuException.WrongServer>("wrong_server") { new.device.enroll(other.text()) }
        assertFalse(new.device.status().enrolled)
    }

    @Test
    fun `no server, another version, and an answer that makes no sense`(@TempDir folder: Path) {
        RuhuServer(folder.resolve("server"), plainHttp = true).use { plain ->
            plain.start()
            Phone(folder, "phone").use { phone ->
                val wire = Wire(plain.port)
                wire.use { runBlocking { phone.device.enroll(plain.code("周明远", "caseworker", Town.TOWNSHIP, wire.url)) } }
                phone.device.caseNew(Town.household())
                val renewal = plain.code("周明远", "caseworker", Town.TOWNSHIP, wire.url)

                // A sync says the same and carries what it did until then.
                refused<RuhuException.Offline>("offline") { phone.device.enroll(renewal) }
                assertEquals(0u, refused<RuhuException.SyncIncomplete>("offline") { phone.device.sync() }.report.sent)
                OtherServer(wire.port, 200, ByteArray(0), protocol = "2").use {
                    refused<RuhuException.WrongProtocol>("protocol") { phone.device.enroll(renewal) }
                    refused<RuhuException.SyncIncomplete>("protocol") { phone.device.sync() }
                }
                OtherServer(wire.port, 200, "<html>登录校园网</html>".toByteArray(), protocol = null).use {
                    refused<RuhuException.SyncIncomplete>("protocol") { phone.device.sync() }
                }
                OtherServer(wire.port, 200, byteArrayOf(-1, 7, 7), protocol = "1").use {
                    refused<RuhuException.BadAnswer>("bad_answer") { phone.device.enroll(renewal) }
                    val failed = refused<RuhuException.SyncIncomplete>("bad_answer") { phone.device.sync() }.report.textFailed
                    assertEquals("bad_answer", failed?.code)
                }
                assertEquals(1u, phone.device.status().outbox)
            }
        }
    }

    // ---- cases ----

    @Test
    fun `a village code that is none`() {
        refused<RuhuException.InvalidDivision>("division") { phone.device.caseNew(Town.household(division = "33010910720")) }
    }

    @Test
    fun `a village that the volunteer does not work in`(): Unit = Phone(home, "volunteer").use { volunteer ->
        runBlocking { volunteer.device.enroll(server.code("林秀梅", "volunteer", Town.VILLAGE)) }
        refused<RuhuException.OutOfScope>("out_of_scope") { volunteer.device.caseNew(Town.household(Town.NEXT_VILLAGE)) }
        assertEquals(0u, volunteer.device.status().cases)
    }

    @Test
    fun `an ID number says which rule it breaks and is not repeated`() {
        val broken = mapOf(
            "110101194803150018" to IdNumberRule.CHECK_DIGIT,
            "11010119480315001" to IdNumberRule.LENGTH,
            "110101480315001" to IdNumberRule.OLD,
            "110101194813150017" to IdNumberRule.BIRTH_DATE,
            "990101194803150017" to IdNumberRule.REGION,
            "11010119480315O017" to IdNumberRule.CHARACTER,
        )
        for ((number, rule) in broken) {
            val error = refused<RuhuException.InvalidIdNumber>("id_number") {
                phone.device.caseNew(Town.household().copy(idno = number))
            }
            assertEquals(rule, error.rule, number)
            assertFalse("480315" in error.toString() || "4803150017" in error.toString())
        }
        assertEquals(1u, phone.device.status().cases)
    }

    @Test
    fun `a text that is longer than a field may be`() {
        refused<RuhuException.CaseRefused>("case") { phone.device.caseNew(Town.household().copy(address = "东".repeat(70_000))) }
        assertEquals(1u, phone.device.status().cases)
    }

    @Test
    fun `things that are not there`() {
        val nothing = "01900000-0000-7000-8000-000000000000"
        fun what(call: () -> Unit) = refused<RuhuException.NotFound>("not_found") { call() }.what
        assertEquals("case", what { phone.device.caseShow(nothing) })
        assertEquals("case", what { phone.device.caseShow("不是编号") })
        assertEquals("case", what { phone.device.visitStart(nothing, "home_visit") })
        assertEquals("form", what { phone.device.visitStart(case, "no_such_form") })
        assertEquals("visit", what { phone.device.visitShow(nothing) })
        assertEquals("visit", what { phone.device.visitAnswer(nothing, "mode", "home") })
        assertEquals("file", what { phone.device.file("00".repeat(32)) })
        assertEquals("file", what { phone.device.file("不是摘要") })
    }

    @Test
    fun `a conflict that is not there`() {
        refused<RuhuException.NoSuchConflict>("no_such_conflict") { phone.device.resolve(case, "case/address", "青禾镇") }
    }

    @Test
    fun `a newer version of the form that is not there`() {
        val visit = visit()
        assertEquals(null, phone.device.visitShow(visit).visit.newerVersion)
        assertEquals(null, phone.device.visitMigration(visit))
        refused<RuhuException.NoSuchMigration>("no_such_migration") { phone.device.visitMigrate(visit, "2099010101") }
        assertEquals(emptyList<VisitMigration>(), phone.device.visitMigrations(visit))
    }

    // ---- photos and forms ----

    @Test
    fun `a file that is no photo, and one that is not there`() {
        val before = phone.device.caseShow(case).household.evidence
        val letter = Files.writeString(home.resolve("letter.jpg"), "这只是一段文字")
        refused<RuhuException.NotAPhoto>("picture_unknown") { phone.device.attach(case, letter.toString(), "papers") }
        refused<RuhuException.FileUnreadable>("file") { phone.device.attach(case, home.resolve("none.jpg").toString(), "papers") }
        assertEquals(before, phone.device.caseShow(case).household.evidence)
    }

    @Test
    fun `a question for a picture takes a picture of the household, and evidence has a known kind`() {
        val visit = visit()
        val refused = refused<RuhuException.PictureRefused>("not_evidence") {
            phone.device.visitAnswer(visit, "photo_house_out", "x")
        }
        assertTrue(refused.said.reasonEn.contains("photo_house_out"))
        phone.device.visitAnswer(visit, "mode", "home")
        val photo = Photo.take(home.resolve("yard.jpg"), 7).toString()
        val answered = phone.device.visitAnswerPicture(visit, "photo_house_out", photo)
        assertEquals(answered.evidence.id, phone.device.visitNode(visit, "photo_house_out")?.value)
        refused<RuhuException.PictureRefused>("picture_used") {
            phone.device.visitAnswerPicture(visit, "photo_house_in", photo)
        }
        refused<RuhuException.UnknownKind>("unknown_kind") { phone.device.attach(case, photo, "house_ot") }
    }

    @Test
    fun `bytes that are no form`() {
        refused<RuhuException.InvalidForm>("form") { phone.device.formInstall("xlsx?".toByteArray()) }
        assertEquals(1, phone.device.forms().size)
    }

    // ---- visits ----

    @Test
    fun `answers that the form refuses leave the old answer`() {
        val visit = visit()
        phone.device.visitAnswer(visit, "members_real", "4")
        fun rule(path: String, value: String) =
            refused<RuhuException.InvalidAnswer>("answer") { phone.device.visitAnswer(visit, path, value) }

        val misspelt = rule("members_rael", "4")
        assertEquals(AnswerRule.UNKNOWN_PATH to "members_real", misspelt.rule to misspelt.suggestion)
        assertEquals(AnswerRule.WRONG_TYPE, rule("members_real", "四").rule)
        val constraint = rule("members_real", "31")
        assertEquals(AnswerRule.CONSTRAINT to "应在 1 到 30 之间。", constraint.rule to constraint.said.reason)
        assertEquals(AnswerRule.UNKNOWN_CHOICE, rule("house_type", "self_bilt").rule)
        assertEquals(AnswerRule.CALCULATED, rule("team_size", "2").rule)
        assertEquals(AnswerRule.IRRELEVANT, rule("mode_reason", "疫情").rule)
        assertEquals(AnswerRule.NOT_A_QUESTION, rule("team_rule", "读过").rule)
        assertEquals("4", phone.device.visitNode(visit, "members_real")?.value)
    }

    @Test
    fun `a repeat is asked for wrongly`() {
        val visit = visit()
        fun rule(call: () -> Unit) = refused<RuhuException.InvalidAnswer>("answer") { call() }.rule
        assertEquals(AnswerRule.NOT_A_REPEAT, rule { phone.device.visitAddRepeat(visit, "members_real") })
        val team = "/home_visit/team/investigator"
        assertEquals(AnswerRule.BAD_INSTANCE_ID, rule { phone.device.visitAddRepeatAs(visit, team, "第二位") })
        phone.device.visitAddRepeatAs(visit, team, "lin")
        assertEquals(AnswerRule.INSTANCE_EXISTS, rule { phone.device.visitAddRepeatAs(visit, team, "lin") })
        phone.device.visitRemoveRepeat(visit, "$team[@id='lin']")
        assertEquals(AnswerRule.UNKNOWN_PATH, rule { phone.device.visitRemoveRepeat(visit, "$team[@id='lin']") })
    }

    @Test
    fun `a visit that is not complete says everything that is missing`() {
        val visit = visit()
        val error = refused<RuhuException.NotComplete>("not_complete") { phone.device.visitClose(visit) }
        assertEquals(phone.device.visitShow(visit).missing, error.missing)
        val members = error.missing.single { it.path.endsWith("/members_real") }
        assertTrue(members.reason is MissingReason.Required)
        assertEquals("实际共同生活人口数", members.labels.zh)
        assertTrue(phone.device.visits(true).any { it.id == visit })
    }

    @Test
    fun `a visit that is closed takes no more answers`() {
        val visit = visit()
        VisitScript.play(phone.device, visit, VisitScript.steps)
        phone.device.visitClose(visit)
        refused<RuhuException.VisitClosed>("visit_closed") { phone.device.visitAnswer(visit, "members_real", "3") }
        refused<RuhuException.VisitClosed>("visit_closed") { phone.device.visitSave(visit) }
        refused<RuhuException.VisitClosed>("visit_closed") { phone.device.visitClose(visit) }
        assertEquals("4", phone.device.visitNode(visit, "members_real")?.value)
    }

    /** In the order of the tests this is the last: it says what the ones above have left out. */
    @Test
    @Order(Int.MAX_VALUE)
    fun `every kind of error was met that can be met from here`() {
        val every = RuhuException::class.java.declaredClasses.filter { RuhuException::class.java.isAssignableFrom(it) }.toSet()
        val elsewhere = setOf(
            // Met in HomeVisitTest and CancelledSyncTest, where two phones or a held network stand ready.
            RuhuException.InConflict::class.java,
            RuhuException.SyncRunning::class.java,
            // Met in LetterTest.
            RuhuException.LetterRefused::class.java,
            RuhuException.SignatureRefused::class.java,
            RuhuException.RequestRefused::class.java,
            // A full disk, a newer database, a system without randomness and a token cannot be
            // made from Kotlin; the tests of ruhu-store make the first two, those of ruhu-mobile map all.
            RuhuException.DiskFull::class.java,
            RuhuException.NewerDatabase::class.java,
            RuhuException.NoRandomness::class.java,
            RuhuException.Cancelled::class.java,
        )
        assertEquals(emptySet<Class<*>>(), every - met - elsewhere)
    }
}
