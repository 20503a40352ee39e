import Attempts
import FileSafety
import Foundation
import Inference
import Jobs
import Model
import Pipelines
import PluginHost
import PluginWire
import Supervision

/// Turns a job into its next attempt's process: this program as `run-attempt`, in the sandbox, with what the job needs
/// to read and the one folder that it may write to.
struct AttemptPlans: Sendable {
    let registry: PipelineRegistry
    let folders: StorageFolders
    /// Where each attempt gets a folder of its own.
    let scratch: String
    /// Of one job, at most; a worker learns it from its server.
    let attempts: @Sendable () -> Int
    /// The umask of what attempts write.
    let fileMask: @Sendable () -> UInt32
    /// Bytes of one job's processes together.
    let memory: UInt64?
    let device: EngineOptions.Device
    let plugins: PluginHostConfiguration
    let environment: [String: String]

    func plan(_ job: Job) throws(Fault) -> AttemptPlan {
        do {
            return try make(job)
        } catch let fault as Fault {
            throw fault
        } catch let failure as any Failure {
            let isPassing = failure.code == .storageFull || failure.code == .busy || failure.code == .internalError
            throw Fault(
                kind: isPassing ? .transient : .permanent, code: failure.code.rawValue, message: failure.message,
                hint: failure.hint)
        } catch {
            throw Fault(kind: .permanent, code: FailureCode.internalError.rawValue, message: "\(error)")
        }
    }

    private func make(_ job: Job) throws -> AttemptPlan {
        let id = job.id.text
        let config = try WireValue(json: Array(job.request.config.utf8))
        let pipelines = try registry.plan(config: config, pipelines: job.request.pipelines)
        let results = folders.results(of: id)
        // Of the lease, not of the job: an attempt that lost its lease may still be ending beside the next one.
        let lease = String(job.lease?.fence.lease.bits ?? 0, radix: 16)
        let scratch = "\(scratch)/\(StorageFolders.scratchName(of: id, lease: lease))"
        // After a death the chunk that is named next has to be the one that was worked on: one at a time.
        let plan = JobPlan(
            videoPath: job.request.video.path, videoName: job.request.video.fileName, sha256: job.request.video.sha256,
            output: results, pipelines: pipelines, lanes: job.deadlyChunks.isEmpty ? 0 : 1,
            device: device.description, pluginFolders: plugins.pluginFolders)
        let order = AttemptOrder(
            plan: plan, isLast: job.attempt >= attempts(), storageFolder: folders.root,
            fileMask: fileMask())
        let made = AttemptPlan(
            process: try process(for: plan, scratch: scratch), order: try order.line(), resultPath: results,
            scratchPath: scratch, logPath: folders.log(of: id))
        // The sandbox opens folders that are there, and no others. Last: a plan that fails leaves nothing.
        for folder in [results, scratch] { try OutputDirectory.makeFolders(folder) }
        return made
    }

    private func process(for plan: JobPlan, scratch: String) throws -> ProcessPlan {
        var process = ProcessPlan(
            program: plugins.program, arguments: ["run-attempt"], environment: variables(scratch: scratch))
        process.limits = GroupLimits(memory: memory)
        process.sandbox.readPaths += readPaths + [plan.videoPath]
        process.sandbox.writePaths += [plan.output, scratch] + SandboxPlan.graphicsDevices()
        try letIn(plan.pipelines.compactMap { PluginToolName($0.runs)?.plugin }, to: &process.sandbox)
        // The whole video may have to be written again, with boxes drawn in.
        process.sandbox.limits.fileSize = nil
        return process
    }

    /// What plugins need is let through to them: each one's own sandbox is made within this one, and takes the rest away.
    private func letIn(_ names: [String], to sandbox: inout SandboxPlan) throws {
        guard !names.isEmpty else { return }
        sandbox.makesSandboxes = true
        sandbox.allowsNetwork = true
        let found = plugins.pluginFolders.flatMap(PluginPlaces.pluginFolders)
        for name in Set(names).sorted() {
            // One that has gone is the attempt's to say.
            guard let folder = found.first(where: { PluginPlaces.name(of: $0) == name }) else { continue }
            let state = "\(plugins.stateFolder)/plugins/\(name)"
            try OutputDirectory.makeFolders(state + "/scratch")
            let named = PluginPlaces.manifest(in: folder)?["read_paths"]?.asArray?.compactMap(\.asString) ?? []
            sandbox.readPaths += [state] + named
            sandbox.writePaths.append(state + "/scratch")
        }
    }

    /// The program, its models and engines.
    private var readPaths: [String] {
        let program = (plugins.program as NSString).deletingLastPathComponent
        let models = SettingReader(environment).found(.models)?.value
        return ProgramFolders.readable(by: plugins.python) + plugins.pluginFolders
            + [program, plugins.cacheFolder, plugins.pythonLibrary, models].compactMap { $0 }
    }

    /// A clean environment, and the settings that the run reads.
    private func variables(scratch: String) -> [String: String] {
        let reader = SettingReader(environment)
        var additions: [String: String] = ["GANTRY_CACHE": plugins.cacheFolder ?? ""]
        for setting in [Setting.models, .python, .share, .sandboxLauncher, .pluginFolders, .pipelines] {
            if let found = reader.found(setting) { additions[setting.name] = found.value }
        }
        if let wiring = reader.found(.verifyOnly) { additions[wiring.name] = wiring.value }
        return WorkerEnvironment.clean(from: environment, scratch: scratch, adding: additions)
    }
}
