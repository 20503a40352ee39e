import FileSafety
import Formats
import FoundationEssentials
import Model
import Tracking

/// Detections of one sequence in MOTChallenge's layout: `det/det.txt` and `seqinfo.ini`.
struct BenchSequence {
    let name: String
    let folder: String
    let geometry: PictureGeometry
    let frames: [FrameDetections]
    var boxCount: Int { frames.reduce(0) { $0 + $1.detections.count } }

    /// The sequence at `path`, or those one or two folders below it, by path.
    static func find(under path: String) throws -> [BenchSequence] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(code: .notFound, message: "no such folder", subject: path)
        }
        var folders = [path]
        for _ in 0..<3 {
            let found = folders.filter { FileManager.default.fileExists(atPath: "\($0)/det/det.txt") }
            guard found.isEmpty else { return try found.sorted().map(BenchSequence.init(folder:)) }
            folders = try folders.flatMap { folder in
                try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
            }.filter { folder in
                var isFolder = false
                return FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) && isFolder
            }
        }
        throw CommandFailure(
            code: .notFound, message: "no sequence with det/det.txt here", subject: path,
            hint: "Name a folder in MOTChallenge's layout")
    }

    init(folder: String) throws {
        self.folder = folder
        let file = "\(folder)/det/det.txt"
        let rows = try MOTText.rows(in: FileContents.read(file), named: file)
        let information = try Self.information("\(folder)/seqinfo.ini")
        name = URL(fileURLWithPath: folder).lastPathComponent
        let rate = information["framerate"] ?? 30
        geometry = PictureGeometry(
            width: Int(information["imwidth"] ?? 1920), height: Int(information["imheight"] ?? 1080), frameRate: rate)
        let last = max(rows.map(\.frame).max() ?? 0, Int(information["seqlength"] ?? 0))
        let timebase = Timebase(1, Int32(max(1, rate.rounded())))
        var frames = (0..<last).map { index in
            FrameDetections(frame: index, time: MediaTime(ticks: Int64(index), timebase: timebase), detections: [])
        }
        for row in rows where row.frame >= 1 {
            frames[row.frame - 1].detections.append(
                Detection(box: row.box, score: row.confidence, classID: row.classID ?? 0))
        }
        self.frames = frames
    }

    /// The numbers of an ini file, by lower-case key.
    private static func information(_ path: String) throws -> [String: Double] {
        guard FileManager.default.fileExists(atPath: path) else { return [:] }
        var values: [String: Double] = [:]
        for line in String(decoding: try FileContents.read(path, limit: 1 << 20), as: UTF8.self).split(separator: "\n")
        {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Double(parts[1].trimmed), number.isFinite, (0...1e6).contains(number)
            else { continue }
            values[parts[0].trimmed.lowercased()] = number
        }
        return values
    }
}

extension Substring {
    fileprivate var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
