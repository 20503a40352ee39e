import Foundation
import Model
import PluginWire

/// A pipeline of a job, with every setting it will use.
package struct PlannedPipeline: Hashable, Sendable, Codable {
    /// As the registry has it; `plugin:<plugin>/<tool>` for a plugin's tool.
    package var name: String
    /// What does the work: the name of the built-in pipeline where `name` is a preset's.
    package var runs: String
    /// An object, defaults filled in.
    package var settings: WireValue

    package init(name: String, runs: String, settings: WireValue) {
        self.name = name
        self.runs = runs
        self.settings = settings
    }

    init(_ pipeline: PipelineDescription, settings: WireValue) {
        let runs =
            switch pipeline.kind {
            case .personTracking: "person_tracking"
            case .sceneDetection: "scene_detection"
            case .playerShifts: "player_shifts"
            case .plugin, nil: pipeline.name
            }
        self.init(name: pipeline.name, runs: runs, settings: settings)
    }

    /// Whether it takes one of the GPU slots, where the machine has any.
    package var usesGPU: Bool { runs == "person_tracking" || runs == "player_shifts" }

    /// The name as part of file names: `person_tracking`, `plugin-<name>-<tool>`.
    package var fileNamePart: String {
        let safe = name.unicodeScalars.map { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "_-".unicodeScalars.contains(scalar)
                ? Character(scalar) : "-"
        }
        return String(String(safe).prefix(100))
    }
}

/// All that a job's run needs to know: what the server hands to the process that does the work, as JSON.
package struct JobPlan: Hashable, Sendable, Codable {
    /// Where the video lies.
    package var videoPath: String
    /// As its owner calls it: results are named after it.
    package var videoName: String
    /// Of the content, where it was hashed on the way in; else it is hashed here.
    package var sha256: String?
    /// Folder of the results; checkpoints lie in `.gantry` within it.
    package var output: String
    /// In the order in which they run; no name twice.
    package var pipelines: [PlannedPipeline]
    /// Threads that decode and infer; 0 for one a core.
    package var lanes: Int
    /// `auto`, `cpu` or `cuda:N`.
    package var device: String
    /// Folders of plugins beside the shipped ones.
    package var pluginFolders: [String]

    enum CodingKeys: String, CodingKey {
        case videoPath = "video_path"
        case videoName = "video_name"
        case sha256, output, pipelines, lanes, device
        case pluginFolders = "plugin_folders"
    }

    package init(
        videoPath: String, videoName: String, sha256: String? = nil, output: String, pipelines: [PlannedPipeline],
        lanes: Int = 0, device: String = "auto", pluginFolders: [String] = []
    ) {
        self.videoPath = videoPath
        self.videoName = videoName
        self.sha256 = sha256
        self.output = output
        self.pipelines = pipelines
        self.lanes = lanes
        self.device = device
        self.pluginFolders = pluginFolders
    }

    /// The same plan gives the same bytes.
    package func json() throws(PipelineFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self))
        } catch {
            throw PipelineFailure(code: .internalError, message: "the job's plan cannot be written: \(error)")
        }
    }

    package init(json: [UInt8]) throws(PipelineFailure) {
        do {
            self = try JSONDecoder().decode(JobPlan.self, from: Data(json))
        } catch {
            throw PipelineFailure(
                code: .invalidData, message: "is no job's plan: \(error)", subject: "job plan",
                hint: "Plans are written by the server that starts the run; both must be of one version")
        }
    }
}
