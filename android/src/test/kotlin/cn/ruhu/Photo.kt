package cn.ruhu

import java.awt.image.BufferedImage
import java.nio.file.Path
import java.util.Random
import javax.imageio.IIOImage
import javax.imageio.ImageIO
import javax.imageio.ImageWriteParam

/** Real JPEG files: a sky, a wall, a door, and the noise of a cheap sensor. */
object Photo {
    private const val WIDTH = 2048
    private const val HEIGHT = 1536

    /** A house. */
    fun take(file: Path, seed: Long): Path = write(file, picture(Random(seed), ::colour))

    /** A printed sheet, lying a little askew on a table. */
    fun paper(file: Path, seed: Long): Path = write(file, picture(Random(seed), ::sheet))

    private fun write(file: Path, image: BufferedImage): Path {
        val writer = ImageIO.getImageWritersByFormatName("jpeg").next()
        val quality = writer.defaultWriteParam.apply {
            compressionMode = ImageWriteParam.MODE_EXPLICIT
            compressionQuality = 0.9f
        }
        ImageIO.createImageOutputStream(file.toFile()).use { out ->
            writer.output = out
            writer.write(null, IIOImage(image, null, null), quality)
        }
        writer.dispose()
        return file
    }

    private fun picture(random: Random, colour: (Int, Int) -> Int): BufferedImage {
        val image = BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB)
        for (y in 0 until HEIGHT) {
            for (x in 0 until WIDTH) {
                image.setRGB(x, y, noisy(colour(x, y), random))
            }
        }
        return image
    }

    private fun colour(x: Int, y: Int): Int = when {
        y < HEIGHT / 3 -> 0x8090A0 + (y * 90 / HEIGHT)
        x in WIDTH / 2..WIDTH / 2 + 260 && y > HEIGHT / 2 -> 0x5A3A20
        else -> 0xA08868
    }

    private fun sheet(x: Int, y: Int): Int {
        val (dx, dy) = x - WIDTH / 2 to y - HEIGHT / 2
        val (across, down) = dx + dy / 12 to dy - dx / 12
        return when {
            across !in -460..460 || down !in -600..600 -> 0x5A4632
            across in -380..380 && down in -520..520 && Math.floorMod(down, 60) < 14 -> 0x303030
            else -> 0xE8E6E0
        }
    }

    private fun noisy(rgb: Int, random: Random): Int {
        val noise = (random.nextGaussian() * 12).toInt()
        fun channel(shift: Int) = (((rgb shr shift) and 0xFF) + noise).coerceIn(0, 255) shl shift
        return channel(16) or channel(8) or channel(0)
    }
}
