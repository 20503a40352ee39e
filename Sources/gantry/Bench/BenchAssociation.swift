import ArgumentParser
import Model
import Tracking

struct BenchAssociation: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "association",
        abstract: "Tracking alone: frames/s over detections that are already there.",
        discussion: """
            Reads sequences in MOTChallenge's layout (NAME/det/det.txt, NAME/seqinfo.ini). Reading the files is not \
            measured. One thread.
            """)

    @Argument(help: ArgumentHelp("Sequence, or folder of sequences.", valueName: "folder"))
    var folders: [String]

    @Option(name: .customLong("repeat"), help: "How often each is measured; the median counts.")
    var repetitions = PositiveCount(5)

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func run() throws {
        let table = try measure()
        try StandardOutput.print(json ? table.json() : table.text())
    }

    func measure() throws -> BenchTable {
        var table = BenchTable([
            "sequence", "frames", "boxes_per_frame", "online_frames_per_s", "offline_frames_per_s",
        ])
        var total = (frames: 0, boxes: 0, online: 0.0, offline: 0.0)
        let sequences = try folders.flatMap(BenchSequence.find(under:))
        for sequence in sequences {
            let online = Effort.median(of: repetitions.value) { Self.trackOnline(sequence) }
            let offline = Effort.median(of: repetitions.value) { Self.trackOffline(sequence) }
            Self.add(
                to: &table, name: sequence.name, frames: sequence.frames.count, boxes: sequence.boxCount,
                online: online.cpu, offline: offline.cpu)
            total = (
                total.frames + sequence.frames.count, total.boxes + sequence.boxCount, total.online + online.cpu,
                total.offline + offline.cpu
            )
        }
        if sequences.count > 1 {
            Self.add(
                to: &table, name: "ALL", frames: total.frames, boxes: total.boxes, online: total.online,
                offline: total.offline)
        }
        return table
    }

    private static func add(
        to table: inout BenchTable, name: String, frames: Int, boxes: Int, online: Double, offline: Double
    ) {
        table.add(
            .text(name), .count(frames), .number(Double(boxes) / Double(max(1, frames)), digits: 1),
            .number(Double(frames) / online, digits: 0), .number(Double(frames) / offline, digits: 0))
    }

    private static func trackOnline(_ sequence: BenchSequence) {
        var tracker = OnlineTracker(geometry: sequence.geometry)
        for frame in sequence.frames { keep(tracker.update(frame)) }
    }

    private static func trackOffline(_ sequence: BenchSequence) {
        keep(OfflineTracker(geometry: sequence.geometry).tracks(from: sequence.frames))
    }
}

/// Keeps the optimiser from dropping work whose result nobody reads.
@inline(never)
func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }
