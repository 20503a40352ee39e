import FileSafety
import Foundation
import Media
import Model
import PluginHost

/// A job's work, from its video to its published files: the pipelines of a plan, one after another.
///
/// Whatever ends it (a signal, a crash, a full disk), running the same plan again goes on where it was: finished
/// pipelines are not run again, finished chunks of the others are kept. The files are the same to the byte as those of
/// a run that nothing disturbed; only `results.json` holds times.
package struct JobRun: Sendable {
    package let plan: JobPlan
    private let environment: [String: String]
    private let plugins: PluginHostConfiguration?

    /// - Parameters:
    ///   - environment: the process's: where the cache, the engines and the user's catalogue are.
    ///   - plugins: how plugins are hosted; nil where none can be run.
    package init(plan: JobPlan, environment: [String: String], plugins: PluginHostConfiguration? = nil) {
        self.plan = plan
        self.environment = environment
        self.plugins = plugins
    }

    /// Blocks until the job is done; the work is done on threads of its own.
    ///
    /// - Throws: where nothing is to show: the video cannot be read, every pipeline failed, the disk is full, or it was
    ///   asked to stop. A pipeline that fails while another completes is told in the outcome.
    package func run(
        cancellation: Cancellation, observer: @escaping JobRunObserver
    ) throws(JobRunFailure) -> JobRunOutcome {
        let context: JobContext
        do {
            context = try open(cancellation, observer)
        } catch {
            throw Self.stopped(error, cancellation, isAboutVideo: true)
        }
        do {
            return try run(in: context, observer: observer)
        } catch {
            throw Self.stopped(error, cancellation)
        }
    }

    private func open(_ cancellation: Cancellation, _ observer: JobRunObserver) throws -> JobContext {
        guard !plan.pipelines.isEmpty else {
            throw PipelineFailure(code: .invalidArgument, message: "the job selects no pipeline")
        }
        let results: OutputDirectory
        do {
            results = try OutputDirectory(path: plan.output)
        } catch {
            throw JobRunFailure(error)  // the folder's, not the video's
        }
        let source = try VideoSource(opening: plan.videoPath, interrupt: cancellation.interrupt)
        source.notes.forEach { observer(.warning($0)) }
        let sha256 = try plan.sha256 ?? digest(cancellation)
        return JobContext(
            source: source, videoSHA256: sha256, videoName: (plan.videoName as NSString).lastPathComponent,
            names: ResultNames(videoName: plan.videoName, sha256: sha256),
            results: results, lanes: plan.lanes > 0 ? plan.lanes : ProcessorCount.available, device: plan.device,
            environment: environment, plugins: plugins, cancellation: cancellation)
    }

    private func digest(_ cancellation: Cancellation) throws -> String {
        try SHA256Digest.ofFile(plan.videoPath) { _ throws(FileSafetyFailure) in
            if cancellation.isCancelled {
                throw FileSafetyFailure(
                    code: .cancelled, message: "stopped while reading the file", subject: plan.videoPath)
            }
        }
    }

    private func run(in context: JobContext, observer: @escaping JobRunObserver) throws -> JobRunOutcome {
        // Until this run's is there, the folder may hold files of two runs.
        try context.results.remove(JobResultsFile.name)
        let prepared = plan.pipelines.map { pipeline in
            Result { try pipeline.makeRun(in: context) }
        }
        let clock = ContinuousClock()
        let start = clock.now
        let progress = JobProgress(
            zip(plan.pipelines, prepared).map { pipeline, prepared in
                // Where it is none, it fails below.
                guard let run = try? prepared.get() else {
                    return JobProgress.Share(pipeline: pipeline.name, costs: [])
                }
                return JobProgress.Share(
                    pipeline: pipeline.name, costs: run.costs, shown: { run.shownStage($0) })
            }, now: { (clock.now - start) / .seconds(1) }, observer: observer)
        var results: [PipelineResult] = []
        var failures: [JobRunFailure] = []
        for (index, (pipeline, prepared)) in zip(plan.pipelines, prepared).enumerated() {
            let record = try RunRecord(
                of: pipeline, identity: (try? prepared.get())?.identity ?? "", names: context.names,  // it fails below
                videoSHA256: context.videoSHA256, in: context.results)
            if let finished = try record.read() {
                observer(.note("\(pipeline.name) was finished by an earlier run"))
                results.append(finished)
                progress.finish(index, result: finished, wasDoneBefore: true)
                continue
            }
            try record.remove()
            let (began, beganAt) = (UTCTime.now, clock.now)
            func result(_ status: PipelineResult.Status) -> PipelineResult {
                PipelineResult(
                    pipelineName: pipeline.name, status: status, startTime: began.iso8601,
                    endTime: UTCTime.now.iso8601,
                    processingTime: (((clock.now - beganAt) / .seconds(1)) * 1000).rounded() / 1000)
            }
            do {
                let product = try prepared.get().run { progress.observe($0) }
                var finished = result(.completed)
                finished.annotationCount = product.annotationCount
                finished.outputFile = product.files.first
                finished.files = product.files
                finished.message = product.message
                try record.write(finished)
                results.append(finished)
                progress.finish(index, result: finished, wasDoneBefore: false)
            } catch {
                let failure = Self.stopped(error, context.cancellation)
                if failure.reason.endsTheJob { throw failure }
                var failed = result(.failed)
                failed.errorMessage = failure.description
                results.append(failed)
                failures.append(failure)
                observer(.warning("\(pipeline.name) failed: \(failure.description)"))
                progress.finish(index, result: failed, wasDoneBefore: false)
            }
        }
        let retryable = failures.first { !$0.isPermanent }
        guard results.contains(where: { $0.status == .completed }) else {
            throw Self.allFailed(results, failures, retryable)
        }
        let outcome = JobRunOutcome(results: results, retryable: retryable)
        let file = JobResultsFile(
            videoFilename: plan.videoName, videoSHA256: context.videoSHA256, outcome: outcome)
        try context.results.publish(name: JobResultsFile.name, bytes: file.bytes())
        return outcome
    }

    /// One failure for all of them; it may pass if one of them may.
    private static func allFailed(
        _ results: [PipelineResult], _ failures: [JobRunFailure], _ retryable: JobRunFailure?
    ) -> JobRunFailure {
        guard var failure = retryable ?? failures.first else {
            return JobRunFailure(reason: .internalError, code: .internalError, message: "no pipeline was run")
        }
        if failures.count > 1 {
            let all = zip(results, failures).map { "\($0.pipelineName): \($1.message)" }.joined(separator: "; ")
            failure.message = "every pipeline failed: \(all)"
            failure.subject = nil
        }
        return failure
    }

    /// Whatever was thrown after a request to stop is that request's doing.
    private static func stopped(
        _ error: any Error, _ cancellation: Cancellation, isAboutVideo: Bool = false
    ) -> JobRunFailure {
        guard cancellation.isCancelled else { return JobRunFailure(error, isAboutVideo: isAboutVideo) }
        return JobRunFailure(
            reason: .cancelled, code: .cancelled, message: "stopped",
            hint: "Running it again goes on from here")
    }
}
