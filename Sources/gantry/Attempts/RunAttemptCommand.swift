import ArgumentParser
import Attempts
import Foundation
import Jobs
import Model
import Pipelines

/// One attempt of a job, in a process of its own: what `gantry serve` starts.
struct RunAttemptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run-attempt", abstract: "Run one attempt of a job for the gantry serve that started this.",
        shouldDisplay: false)

    func run() throws {
        Interruption.install()
        let channel = try AttemptChannel()
        let order = try AttemptOrder(line: try channel.order())
        channel.endWithServer()
        umask(order.fileMask)
        let environment = ProcessInfo.processInfo.environment
        let places = PluginPlaces(
            plugins: order.plan.pluginFolders, storage: order.storageFolder, environment: environment)
        let run = JobRun(plan: order.plan, environment: environment, plugins: places.configuration)
        do throws(JobRunFailure) {
            let outcome = try run.run(cancellation: Interruption.cancellation) { Self.report($0, to: channel) }
            if let failure = outcome.retryable, !order.isLast {
                // What has completed is kept: the next attempt runs what is missing, and nothing else.
                channel.send(.fault(Fault(failure)))
            } else {
                channel.send(.completed(message: outcome.message))
            }
        } catch {
            if error.reason != .cancelled { channel.send(.fault(Fault(error))) }
            throw error
        }
    }

    private static func report(_ event: JobRunEvent, to channel: AttemptChannel) {
        switch event {
        case .progress(let progress): channel.send(.progress(JobProgress(progress)))
        case .warning(let text): channel.send(.note("warning: \(text)"))
        case .note(let text): channel.send(.note(text))
        case .finished(let result): channel.send(.note("\(result.pipelineName): \(result.status.rawValue)"))
        }
    }
}

extension JobProgress {
    fileprivate init(_ progress: JobRunProgress) {
        self.init(
            stage: progress.stage, fraction: progress.fraction, framesPerSecond: progress.framesPerSecond,
            remainingSeconds: progress.remainingSeconds, message: progress.pipeline,
            chunk: progress.chunk.map {
                ChunkReference(stage: "\(progress.pipeline) \($0.stage)", index: $0.index)
            })
    }
}

extension Fault {
    fileprivate init(_ failure: JobRunFailure) {
        self.init(
            kind: failure.isPermanent ? .permanent : .transient, code: failure.reason.rawValue,
            message: failure.subject.map { "\($0): \(failure.message)" } ?? failure.message, hint: failure.hint)
    }
}
