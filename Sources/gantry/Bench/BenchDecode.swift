import ArgumentParser
import Media
import Model

struct BenchDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Decoding alone, and decoding with scaling to a model's input: frames/s on one thread.",
        discussion: "Opening the file and reading its index are not measured.")

    @Argument(help: ArgumentHelp("The video.", valueName: "video"))
    var video: String

    @Option(help: ArgumentHelp("Size of the model's input picture.", valueName: "WxH"))
    var input = PictureSize(width: 416, height: 416)

    @Option(help: "Stop after this many frames.")
    var frames: PositiveCount?

    @Option(name: .customLong("repeat"), help: "How often each is measured; the median counts.")
    var repetitions = PositiveCount(3)

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func run() throws {
        let table = try measure()
        try StandardOutput.print(json ? table.json() : table.text())
    }

    func measure() throws -> BenchTable {
        let source = try VideoSource(opening: video)
        let range = 0..<min(frames?.value ?? .max, source.facts.frameCount)
        let image = PlanarImage(width: input.width, height: input.height)
        let scaler = Scaler()
        var table = BenchTable(["work", "frames", "cpu_ms_per_frame", "frames_per_cpu_s", "frames_per_s"])
        func add(_ name: String, _ effort: Effort) {
            table.add(
                .text(name), .count(range.count), .number(1000 * effort.cpu / Double(range.count), digits: 3),
                .number(Double(range.count) / effort.cpu, digits: 1),
                .number(Double(range.count) / effort.wall, digits: 1))
        }
        let path = "\(source.facts.codec) \(source.facts.pixelFormat) \(source.facts.width)x\(source.facts.height)"
        add(
            "decode \(path)",
            try Effort.median(of: repetitions.value) { () throws(MediaFailure) in
                let reader = try FrameReader(source, frames: range)
                while try reader.skip() != nil {}
            })
        add(
            "decode, scale to RGB \(input)",
            try Effort.median(of: repetitions.value) { () throws(MediaFailure) in
                let reader = try FrameReader(source, frames: range)
                while let frame = try reader.next() { try frame.scale(into: image, using: scaler) }
            })
        return table
    }
}

/// `416x416`
struct PictureSize: ExpressibleByArgument, CustomStringConvertible {
    var width: Int
    var height: Int

    init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

    init?(argument: String) {
        let parts = argument.split(separator: "x").map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], (1...16384).contains(width),
            (1...16384).contains(height)
        else { return nil }
        self.init(width: width, height: height)
    }

    var description: String { "\(width)x\(height)" }
}
