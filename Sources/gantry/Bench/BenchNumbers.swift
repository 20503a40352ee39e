import ArgumentParser
import FileSafety
import Foundation
import Inference
import Media
import Model

struct BenchNumbers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "numbers",
        abstract: "How often jersey numbers are read right, wrongly or not at all, on pictures of people.",
        discussion: """
            The folder holds PNG or JPEG files, each a person's whole box, and truth.csv with the columns file, number \
            (empty where there is none) and group: a line is printed for each group. Benchmarks/jerseys.py makes one.
            """)

    @Argument(help: "Folder of pictures and truth.csv.")
    var folder: String

    @Option(help: "Reads below this confidence are none.")
    var confidence = 0.5

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    private struct Counts {
        var pictures = 0
        var right = 0
        var wrong = 0
        var cpu = 0.0
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let catalogue = try ModelCatalogue.load(file: nil, environment: environment)
        let reader = try NumberReader(
            store: ModelStore(catalogue: catalogue, environment: environment), options: EngineOptions(device: .cpu),
            environment: environment)
        let session = try reader.makeSession()
        let scaler = Scaler()
        let images = NumberCrop.View.all.map { PlanarImage(width: $0.width, height: reader.inputHeight) }
        var groups: [String: Counts] = [:]
        for (file, number, group) in try truth() {
            let picture = try StillPicture(
                decoding: FileContents.read("\(folder)/\(file)", limit: StillPicture.largestFile))
            let frame = try VideoFrame(
                rgb8: picture.rgb8.span, width: picture.width, height: picture.height, stride: 3 * picture.width)
            let person = Box(x: 0, y: 0, width: Double(picture.width), height: Double(picture.height))
            var read: JerseyRead?
            let effort = try Effort.of {
                for (view, image) in zip(NumberCrop.View.all, images) {
                    try frame.scale(
                        view.region(of: person), into: image, x: 0, y: 0, width: image.width, height: image.height,
                        using: scaler)
                }
                read = try session.read(images)
            }
            let best = read?.best.flatMap { $0.confidence >= confidence ? $0.number : nil }
            groups[group, default: Counts()].pictures += 1
            groups[group]?.cpu += effort.cpu
            if let best { if best == number { groups[group]?.right += 1 } else { groups[group]?.wrong += 1 } }
        }
        var table = BenchTable(["group", "pictures", "right", "wrong", "unread", "cpu_ms"])
        for (group, counts) in groups.sorted(by: { $0.key < $1.key }) {
            let share = { (count: Int) in BenchTable.Value.number(Double(count) / Double(counts.pictures), digits: 3) }
            table.add(
                .text(group), .count(counts.pictures), share(counts.right), share(counts.wrong),
                share(counts.pictures - counts.right - counts.wrong),
                .number(1000 * counts.cpu / Double(counts.pictures), digits: 2))
        }
        try StandardOutput.print(json ? table.json() : table.text())
    }

    private func truth() throws -> [(file: String, number: Int?, group: String)] {
        let path = "\(folder)/truth.csv"
        let text = String(decoding: try FileContents.read(path, limit: 16 << 20), as: UTF8.self)
        return try text.split(whereSeparator: \.isNewline).dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 3, cells[1].isEmpty || Int(cells[1]) != nil else {
                throw CommandFailure(
                    code: .invalidData, message: "a line has not the columns file, number, group", subject: path)
            }
            return (cells[0], Int(cells[1]), cells[2])
        }
    }
}
