import FileSafety
import Formats
import Foundation
import Media
import Model
import PluginHost
import PluginWire

/// `plugin:<plugin>/<tool>`: a plugin's tool over the pictures of a whole video, its results in one JSON document.
struct PluginToolRun: PipelineRun {
    private let pipeline: PlannedPipeline
    private let tool: PluginToolName
    private let context: JobContext
    private let configuration: PluginHostConfiguration
    private let selection: FrameSelection
    private let arguments: WireValue
    private let errorLimit: Int
    let identity: String

    /// Raised when the same settings would give other files than before.
    private static let revision = 1

    init(_ pipeline: PlannedPipeline, tool: PluginToolName, in context: JobContext) throws {
        guard let configuration = context.plugins else {
            throw PipelineFailure(
                code: .unsupported, message: "plugins cannot be run here", subject: tool.description)
        }
        let settings = PipelineSettings(pipeline: pipeline)
        if let every = settings.optionalNumber("every") {
            selection = .every(Int(every))
        } else {
            selection = .perSecond(try settings.number("pps"))
        }
        arguments = pipeline.settings["arguments"] ?? [:]
        errorLimit = Int(try settings.number("max_errors"))
        identity = PluginHost.folder(of: tool.plugin, configuration: configuration).map(Self.identity) ?? ""
        self.pipeline = pipeline
        self.tool = tool
        self.context = context
        self.configuration = configuration
    }

    var costs: [(stage: StageProgress.Stage, cost: Double)] {
        let calls = WantedFrames(selection, of: context.source.frameTimes).count
        return [(.call, Double(context.source.facts.frameCount) + 20 * Double(calls))]
    }

    func run(observer: @escaping PipelineObserver) throws -> PipelineProduct {
        let source = context.source
        let fingerprint = try DetectionFingerprint(of: [
            "plugin tool, revision \(Self.revision)", "video \(context.videoSHA256)", "libraries \(Libav.versions())",
            "tool \(tool)", "code \(identity)", "frames \(selection)",
            "arguments \(String(decoding: arguments.json, as: UTF8.self))",
        ])
        let checkpoints = try PayloadCheckpoints(
            in: context.results, part: pipeline.fileNamePart, fingerprint: fingerprint, observer: observer)
        let plan = ChunkStage.plan(of: source)
        let plugin = try PluginSession(
            tool, configuration: configuration, crashes: 2 * (errorLimit + 2), cancellation: context.cancellation)
        defer { plugin.close() }
        let used = try checkpoints.finished(plan, observer: { _ in }).isEmpty ? 0 : errors(plan, checkpoints)
        try ChunkStage(
            stage: .call, source: source, wanted: WantedFrames(selection, of: source.frameTimes),
            lanes: min(context.lanes, plugin.workers), checkpoints: checkpoints,
            analyzer: PluginScan(
                plugin: plugin, arguments: arguments, errors: PluginScan.ErrorBudget(limit: errorLimit, used: used))
        ).run(cancellation: context.cancellation, observer: observer)
        let name = context.names.file(pipeline, "json")
        let count = try publish(name, plan, checkpoints, version: plugin.manifest?["version"]?.asString ?? "")
        return PipelineProduct(annotationCount: count, files: [name])
    }

    private func errors(_ plan: ChunkPlan, _ checkpoints: PayloadCheckpoints) -> Int {
        plan.chunks.reduce(0) { count, chunk in
            // A damaged chunk is done again, and counted then.
            guard let payload = try? checkpoints.payload(of: chunk) else { return count }
            return count + PluginScan.lines(payload).errors
        }
    }

    /// - Returns: how many pictures have a result.
    private func publish(
        _ name: String, _ plan: ChunkPlan, _ checkpoints: PayloadCheckpoints, version: String
    ) throws -> Int {
        let head: WireValue = [
            "format": "gantry-plugin-results", "version": 1, "generator": .string("gantry \(ProductVersion.string)"),
            "plugin": .string(tool.plugin), "plugin_version": .string(version), "tool": .string(tool.tool),
            "arguments": arguments, "video_filename": .string(context.videoName),
            "video_sha256": .string(context.videoSHA256),
        ]
        var results = 0
        try context.results.publishStream(name: name) { file in
            try file.write(head.json.dropLast() + Array(",\"frames\":[".utf8))
            var separator = "\n"
            for chunk in plan.chunks {
                guard let payload = try checkpoints.payload(of: chunk) else { continue }
                let (lines, errors) = PluginScan.lines(payload)
                results += lines.count - errors
                var piece: [UInt8] = []
                for line in lines {
                    piece += Array(separator.utf8) + line
                    separator = ",\n"
                }
                try file.write(piece)
            }
            try file.write(Array("\n]}\n".utf8))
        }
        return results
    }

    /// Names, sizes and dates of the plugin's own files: a plugin that was changed is another one.
    private static func identity(of folder: String) -> String {
        // What cannot be listed is told when the plugin is loaded.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let facts = names.sorted().filter { $0 != "__pycache__" }.map { name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            let date = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
            return "\(name) \(attributes?[.size] as? Int ?? 0) \(date)"
        }
        return (try? SHA256Digest.of(Array(facts.joined(separator: "\n").utf8))) ?? ""
    }
}
