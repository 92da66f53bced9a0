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

    fun take(file: Path, seed: Long): Path {
        val writer = ImageIO.getImageWritersByFormatName("jpeg").next()
        val quality = writer.defaultWriteParam.apply {
            compressionMode = ImageWriteParam.MODE_EXPLICIT
            compressionQuality = 0.9f
        }
        ImageIO.createImageOutputStream(file.toFile()).use { out ->
            writer.output = out
            writer.write(null, IIOImage(house(Random(seed)), null, null), quality)
        }
        writer.dispose()
        return file
    }

    private fun house(random: Random): BufferedImage {
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

    private fun noisy(rgb: Int, random: Random): Int {
        val noise = (random.nextGaussian() * 12).toInt()
        fun channel(shift: Int) = (((rgb shr shift) and 0xFF) + noise).coerceIn(0, 255) shl shift
        return channel(16) or channel(8) or channel(0)
    }
}
