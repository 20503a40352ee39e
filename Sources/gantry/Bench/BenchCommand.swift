import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the parts on this machine, on your files.",
        discussion: """
            Figures are medians over repetitions. CPU time is the process's own, so that a busy machine changes it \
            little; frames/s by CPU are what one core does in a second.

              gantry bench association MOT17/train
              gantry bench decode video.mp4
              gantry bench jobs
              gantry bench plugins
              gantry bench track video.mp4
            """,
        subcommands: [
            BenchAssociation.self, BenchDecode.self, BenchIdentity.self, BenchInference.self, BenchJobs.self,
            BenchNumbers.self, BenchRestarts.self, BenchTrack.self, BenchPlugins.self, BenchPluginWorker.self,
        ])
}

/// A count from the command line that must be at least 1.
struct PositiveCount: ExpressibleByArgument, CustomStringConvertible {
    var value: Int

    init(_ value: Int) { self.value = value }

    init?(argument: String) {
        guard let value = Int(argument), value >= 1 else { return nil }
        self.value = value
    }

    var description: String { "\(value)" }
}
