import Foundation

/// A video of hard cuts that the `ffmpeg` program makes: gradients of different colours, each of its own length.
package enum CutVideo {
    package struct Failed: Error {}

    /// - Parameters:
    ///   - lengths: frames of each part, at 25 a second.
    ///   - filter: applied to the whole.
    package static func make(_ path: String, lengths: [Int], filter: String = "null", size: String = "320x180") throws {
        let colours = ["0x206040", "0xE0A020", "0x4060E0", "0xC03050", "0xF0F0F0", "0x30C0C0", "0x802080", "0x705030"]
        var inputs: [String] = []
        var graph = ""
        for (index, length) in lengths.enumerated() {
            let colour = colours[index % colours.count]
            inputs += ["-f", "lavfi", "-i", "color=\(colour):size=\(size):rate=25"]
            // Something that moves, so that a part's pictures are not all the same.
            graph += "[\(index):v]drawbox=x=40+t*30:y=40:w=60:h=60:c=white:t=fill,trim=end_frame=\(length)[v\(index)];"
        }
        graph += lengths.indices.map { "[v\($0)]" }.joined() + "concat=n=\(lengths.count):v=1,\(filter)[out]"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["ffmpeg", "-v", "error", "-y"] + inputs
            + ["-filter_complex", graph, "-map", "[out]", "-c:v", "mpeg4", "-q:v", "3", "-g", "30", path]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
    }
}
