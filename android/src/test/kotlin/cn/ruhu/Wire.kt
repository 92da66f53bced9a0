package cn.ruhu

import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.thread
import kotlin.concurrent.withLock

/**
 * The network between phones and the server: it forwards bytes on loopback, and can be stopped at a
 * chosen place. Who waits for that place waits on a condition, never on a clock.
 */
class Wire(private val serverPort: Int) : AutoCloseable {
    /** Where bytes may be held up. */
    enum class Place { TO_SERVER, TO_PHONE }

    private val listener = ServerSocket(0, 50, InetAddress.getLoopbackAddress())
    private val sockets = CopyOnWriteArrayList<Socket>()
    private val lock = ReentrantLock()
    private val changed = lock.newCondition()
    private var held: Place? = null
    private var reached = false

    val port: Int = listener.localPort
    val url: String = "http://127.0.0.1:$port"

    init {
        thread(isDaemon = true) { accept() }
    }

    /** From now on no byte passes the place. */
    fun hold(place: Place) = lock.withLock {
        held = place
        reached = false
    }

    /** Returns when a byte stands at the place that is held. At [Place.TO_PHONE] the server has answered by then. */
    fun awaitHeld() = lock.withLock {
        while (!reached) changed.await()
    }

    /** Lets everything pass again. */
    fun release() = lock.withLock {
        held = null
        changed.signalAll()
    }

    /** Cuts every connection; what was held is lost. Later connections pass. */
    fun cut() {
        sockets.forEach(::shut)
        sockets.clear()
        release()
    }

    private fun accept() {
        while (true) {
            val phone = try { listener.accept() } catch (_: IOException) { return }
            val server = try { Socket(InetAddress.getLoopbackAddress(), serverPort) } catch (_: IOException) { shut(phone); continue }
            sockets += listOf(phone, server)
            thread(isDaemon = true) { pump(phone, server, Place.TO_SERVER) }
            thread(isDaemon = true) { pump(server, phone, Place.TO_PHONE) }
        }
    }

    private fun pump(from: Socket, to: Socket, place: Place) {
        try {
            copy(from.getInputStream(), to.getOutputStream(), place)
        } catch (_: IOException) {
            // A cut connection: both sides are closed below.
        } finally {
            shut(from)
            shut(to)
        }
    }

    private fun copy(from: InputStream, to: OutputStream, place: Place) {
        val buffer = ByteArray(16 * 1024)
        while (true) {
            val count = from.read(buffer)
            if (count < 0) return
            pass(place)
            to.write(buffer, 0, count)
            to.flush()
        }
    }

    private fun pass(place: Place) = lock.withLock {
        while (held == place) {
            reached = true
            changed.signalAll()
            changed.await()
        }
    }

    private fun shut(socket: Socket) {
        try { socket.close() } catch (_: IOException) { /* closed already */ }
    }

    override fun close() {
        listener.close()
        cut()
    }
}
