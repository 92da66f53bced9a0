package cn.ruhu

import java.nio.file.Files
import java.nio.file.Path

/** A phone: a folder, a key in its keystore, and the device object while the app runs. */
class Phone(home: Path, name: String) : AutoCloseable {
    val folder: Path = home.resolve(name)
    private val key = ByteArray(32) { (name.hashCode() + it * 31).toByte() }
    private val install = "install-$name"
    private var opened: RuhuDevice? = null

    /** The device object; the app opens it when it is first needed. */
    val device: RuhuDevice
        get() = opened ?: openAgain().also { opened = it }

    /** Opens the same folder with the same key. */
    fun openAgain(withKey: ByteArray = key): RuhuDevice = RuhuDevice.open(folder.toString(), withKey, install)

    /** The app is gone: the object is dropped, the store is let go. */
    override fun close() {
        opened?.close()
        opened = null
    }
}

/** Where the people of these stories work: an invented township and two of its villages. */
object Town {
    const val TOWNSHIP = "330109107"
    const val VILLAGE = "330109107203"
    const val NEXT_VILLAGE = "330109107204"

    /** A household whose people are invented. */
    fun household(division: String = VILLAGE) = NewCase(
        name = "陈大河",
        idno = "110101194803150017",
        division = division,
        address = "青禾镇河东村三组 12 号",
        phone = "13800000000",
    )
}

/** One line of a scripted visit. */
sealed interface Step {
    data class Answer(val path: String, val value: String) : Step
    data class AddRepeat(val path: String, val id: String) : Step
}

/** The visit that is scripted beside the form: `path = value`, `+ repeat id`. */
object VisitScript {
    val steps: List<Step> by lazy {
        Files.readAllLines(given("ruhu.form").resolveSibling("home_visit.example.txt"))
            .map(String::trim)
            .filter { it.isNotEmpty() && !it.startsWith("#") }
            .map(::step)
    }

    private fun step(line: String): Step {
        if (line.startsWith("+ ")) {
            val (path, id) = line.drop(2).trim().split(' ')
            return Step.AddRepeat(path, id)
        }
        val (path, value) = line.split(" = ", limit = 2)
        return Step.Answer(path, value)
    }

    /**
     * Plays steps on a phone, and gives what it shows for each answer right afterwards, by stable key. A time
     * of day is completed with its seconds and zone, a picture is shown by the id of its evidence; everything
     * else is shown as it was answered.
     */
    fun play(device: RuhuDevice, visit: String, steps: List<Step>): Map<String, String> {
        val acknowledged = mutableMapOf<String, String>()
        for (step in steps) {
            when (step) {
                is Step.AddRepeat -> device.visitAddRepeatAs(visit, step.path, step.id)
                is Step.Answer -> {
                    val picture = device.visitNode(visit, step.path)?.kind == QuestionKind.IMAGE
                    if (picture) {
                        val file = given("ruhu.form").resolveSibling(step.value).toString()
                        device.visitAnswerPicture(visit, step.path, file)
                    } else {
                        device.visitAnswer(visit, step.path, step.value)
                    }
                    val node = checkNotNull(device.visitNode(visit, step.path))
                    val kept = when (node.kind) {
                        QuestionKind.TIME -> node.value.startsWith(step.value)
                        QuestionKind.IMAGE -> device.file(device.fileName(node.value)).isNotEmpty()
                        else -> node.value == step.value
                    }
                    check(kept) { "${step.path}: ${step.value} became ${node.value}" }
                    acknowledged[node.path] = node.value
                }
            }
        }
        return acknowledged
    }

    /** What a phone shows now for questions that were answered. */
    fun shown(device: RuhuDevice, visit: String, paths: Set<String>): Map<String, String?> =
        paths.associateWith { device.visitNode(visit, it)?.value }
}
