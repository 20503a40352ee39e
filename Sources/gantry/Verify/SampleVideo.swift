import FileSafety

/// A small video whose content is known: two scenes of a moving square, dark and then light, the cut in the middle.
///
/// YUV4MPEG2, pictures as they are: to be written it needs no encoder, which may be what is missing.
enum SampleVideo {
    static let name = "two-scenes.y4m"
    static let (width, height, frameRate) = (320, 240, 10)
    static let framesPerScene = 30

    /// Publishes it in `folder`.
    static func write(to folder: OutputDirectory) throws {
        try folder.publishStream(name: name) { file in
            try file.write(Array("YUV4MPEG2 W\(width) H\(height) F\(frameRate):1 Ip A1:1 C420jpeg\n".utf8))
            for frame in 0..<2 * framesPerScene { try file.write(picture(frame)) }
        }
    }

    private static func picture(_ frame: Int) -> [UInt8] {
        let isSecond = frame >= framesPerScene
        let (ground, square): (UInt8, UInt8) = isSecond ? (200, 60) : (40, 220)
        var luma = [UInt8](repeating: ground, count: width * height)
        let left = 20 + 4 * (frame % framesPerScene)
        for y in 80..<160 {
            for x in left..<left + 40 { luma[y * width + x] = square }
        }
        // Bluish before the cut, reddish after it.
        let chroma = [isSecond ? 110 : 150, isSecond ? 160 : 110].flatMap {
            [UInt8](repeating: UInt8($0), count: width * height / 4)
        }
        return Array("FRAME\n".utf8) + luma + chroma
    }
}
