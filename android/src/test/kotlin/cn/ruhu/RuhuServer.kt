package cn.ruhu

import com.fasterxml.jackson.databind.JsonNode
import com.fasterxml.jackson.databind.ObjectMapper
import java.net.URI
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit

/** The real server, in a process of its own on a free loopback port, with its data in [folder]. */
class RuhuServer(private val folder: Path, private val plainHttp: Boolean = false) : AutoCloseable {
    private var process: Process? = null

    /** The port; the same after every restart, as phones keep the address. */
    var port: Int = 0
        private set

    /** Starts the server and returns when it says that it listens. */
    fun start() {
        val command = mutableListOf(program, "--json", "serve", "--data", folder.toString(), "--listen", "127.0.0.1:$port")
        if (plainHttp) command += "--plain-http"
        val log = folder.resolveSibling("${folder.fileName}.log").toFile()
        val started = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log)).start()
        process = started
        val ready = started.inputReader().readLine() ?: error("the server ended before it was ready: ${log.readText()}")
        port = URI(json.readTree(ready)["url"].asText()).port
    }

    /** Stops it as an administrator does, and returns when it is gone. */
    fun stop() {
        val running = process ?: return
        running.destroy()
        check(running.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) { "the server does not stop" }
        process = null
    }

    /** A one-time code. With [url] the phone is led to another address than the server's own. */
    fun code(person: String, role: String, scope: String, url: String? = null): String {
        val arguments = mutableListOf("enroll", "--person", person, "--role", role, "--scope", scope)
        if (url != null) arguments += listOf("--url", url)
        return run(arguments)["code"].asText()
    }

    fun publish(form: Path) {
        run(listOf("forms", "publish"), form.toString())
    }

    /** Backs the server up into a file, while it runs. */
    fun backUp(file: Path) {
        run(listOf("backup"), file.toString())
    }

    /** The server's own account of everything it holds; fails when it finds anything wrong. */
    fun check(): JsonNode = run(listOf("check"))

    private fun run(arguments: List<String>, vararg operands: String): JsonNode {
        val command = listOf(program, "--json") + arguments + listOf("--data", folder.toString()) + operands
        val complaints = Files.createTempFile("ruhu-server", ".err")
        val asked = ProcessBuilder(command).redirectError(complaints.toFile()).start()
        val answer = asked.inputReader().readText()
        check(asked.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) { "$arguments does not end" }
        val said = Files.readString(complaints)
        Files.delete(complaints)
        check(asked.exitValue() == 0) { "$arguments: $said $answer" }
        return json.readTree(answer)
    }

    override fun close() {
        process?.destroyForcibly()?.waitFor()
        process = null
    }

    private companion object {
        const val PATIENCE_SECONDS = 60L
        val json = ObjectMapper()
        val program = given("ruhu.server").toString()
    }
}

/** A path that the build gives; a relative one is meant from the repository's root. */
fun given(property: String): Path {
    val value = checkNotNull(System.getProperty(property)) { "say where it is: -D$property=..." }
    val path = Path.of(System.getProperty("basedir", ".")).resolve("..").resolve(value).toAbsolutePath().normalize()
    check(Files.exists(path)) { "-D$property names nothing that exists: $path" }
    return path
}
