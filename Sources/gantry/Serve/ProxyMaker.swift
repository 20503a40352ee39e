import FileSafety
import Foundation
import PluginHost
import Supervision

/// Has small copies of videos made, each by a process of its own in the sandbox: it may read the video and write one
/// folder, and comes last for the processor.
struct ProxyMaker: Sendable {
    let folders: StorageFolders
    let plugins: PluginHostConfiguration
    let environment: [String: String]

    /// A copy that takes longer is not worth it.
    private static let patience = Duration.seconds(1800)
    private static let mostMemory: UInt64 = 2 << 30
    private static let mostBytes: UInt64 = 4 << 30

    /// - Parameter name: Of a folder among what is temporary, this call's own.
    /// - Returns: The copy; nil where none could be made.
    func make(of video: String, in name: String) async -> String? {
        let scratch = "\(folders.temporary)/\(StorageFolders.scratchPrefix)proxy-\(name)"
        let target = "\(scratch)/proxy.mp4"
        do {
            try OutputDirectory.makeFolders(scratch)
            let program = (plugins.program as NSString).deletingLastPathComponent
            var process = ProcessPlan(
                program: plugins.program, arguments: ["make-proxy", video, target],
                environment: WorkerEnvironment.clean(from: environment, scratch: scratch))
            process.limits = GroupLimits(memory: Self.mostMemory)
            process.sandbox.readPaths += [program, video]
            process.sandbox.writePaths.append(scratch)
            process.sandbox.limits.fileSize = Self.mostBytes
            process.sandbox.niceness = 19
            // Its end is this server's, and the process's with it.
            let server = Pipe()
            process.descriptors = [
                ProcessPlan.Inherited(child: 3, parent: server.fileHandleForReading.fileDescriptor)
            ]
            defer { withExtendedLifetime(server) {} }
            let made = try await SupervisedProcess.spawn(process)
            let watch = Task {
                guard (try? await Task.sleep(for: Self.patience)) != nil else { return }
                await made.kill()
            }
            let status = await withTaskCancellationHandler {
                await made.exit
            } onCancel: {
                Task { await made.kill() }
            }
            watch.cancel()
            _ = await made.waitUntilGone(deadline: .seconds(10))
            if status.isSuccess { return target }
        } catch {
            // A draft does without one.
        }
        try? FolderRemoval.discard(scratch)  // the next start removes what is left
        return nil
    }
}
