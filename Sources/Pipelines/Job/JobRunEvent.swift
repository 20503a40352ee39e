/// How far a job's run has come: one value per report, complete in itself.
package struct JobRunProgress: Hashable, Sendable {
    /// A piece of a stage: the unit of checkpoint.
    package struct Chunk: Hashable, Sendable, Codable {
        package var stage: String
        /// Counted from 0 within the stage.
        package var index: Int

        package init(stage: String, index: Int) {
            self.stage = stage
            self.index = index
        }
    }

    /// Name of the pipeline that is running.
    package var pipeline: String
    /// `probe`, `detect`, `scan`, `call`, `track`, `export`, `overlay`; of shifts `proxy`, `tracking`, `identifying`,
    /// `exporting`.
    package var stage: String
    /// Frames of the stage done, of `total`.
    package var done: Int
    package var total: Int
    /// Frames that an earlier attempt had done.
    package var resumed: Int
    /// Of the whole job, 0...1 by expected cost; never falls within a run.
    package var fraction: Double
    /// Of this stage, frames of an earlier attempt not counted.
    package var framesPerSecond: Double?
    /// Of the whole job.
    package var remainingSeconds: Double?
    /// The chunk begun last. With several lanes others are in work too: to find which of them ends its process, run
    /// the job again with one lane.
    package var chunk: Chunk?

    package init(
        pipeline: String, stage: String, done: Int, total: Int, resumed: Int = 0, fraction: Double,
        framesPerSecond: Double? = nil, remainingSeconds: Double? = nil, chunk: Chunk? = nil
    ) {
        self.pipeline = pipeline
        self.stage = stage
        self.done = done
        self.total = total
        self.resumed = resumed
        self.fraction = fraction
        self.framesPerSecond = framesPerSecond
        self.remainingSeconds = remainingSeconds
        self.chunk = chunk
    }
}

/// What a job's run tells whoever watches it. Called from several threads, one call at a time.
package enum JobRunEvent: Hashable, Sendable {
    /// At most ten a second, but for the begin of a stage or chunk, which is always told before its work begins.
    case progress(JobRunProgress)
    /// Something its owner should know that does not stop the work.
    case warning(String)
    /// Something worth a line: which engine, what was resumed.
    case note(String)
    /// A pipeline has ended, well or not; also one that an earlier attempt had finished.
    case finished(PipelineResult)
}

package typealias JobRunObserver = @Sendable (JobRunEvent) -> Void
