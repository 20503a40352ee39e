import Model
import PluginWire

/// Looks into uploaded videos in processes of its own, which may read the folder of uploads in progress and nothing
/// else of the storage.
final class VideoProber: Sendable {
    /// Failures that are the file's own. Anything else, such as a file that cannot be opened, says nothing of it.
    private static let verdicts = Set([FailureCode.invalidData, .noVideo, .unsupported].map(\.rawValue))

    private let worker: OwnWorker

    init(folder: String, configuration: PluginHostConfiguration) {
        var own = configuration
        // No pictures come back.
        own.frameMemoryBytes = 1 << 20
        worker = OwnWorker(
            "video-prober", noun: "video prober", advice: "Videos are taken unseen until then", folder: folder,
            timeLimit: .seconds(2), workers: 1, configuration: own)
    }

    func warm() { worker.warm() }

    /// - Parameter path: Within the folder.
    func probe(_ path: String) async -> VideoProbe {
        do {
            let facts = try await worker.run(
                PluginCall(
                    plugin: worker.name, tool: "probe", arguments: ["path": .string(path)], deadline: worker.timeLimit)
            ).value()
            return .video(seconds: facts["duration_seconds"]?.asNumber)
        } catch let failure as PluginHostFailure {
            switch failure.kind {
            case .toolError(let type, let message) where Self.verdicts.contains(type):
                return .notAVideo(reason: message)
            // Whatever broke the prober would break the job too.
            case .workerFault: return .notAVideo(reason: "cannot be read: looking at it \(failure.message)")
            default: return .unknown(reason: failure.message)
            }
        } catch {
            return .unknown(reason: "\(error)")
        }
    }

    func stop(grace: Duration) async { await worker.stop(grace: grace) }
}

/// What a first look at a video found.
package enum VideoProbe: Hashable, Sendable {
    /// Nil where its container does not say how long it is.
    case video(seconds: Double?)
    case notAVideo(reason: String)
    /// Nobody could look, or it took too long.
    case unknown(reason: String)
}
