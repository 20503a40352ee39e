/// How far a pipeline has come: one value per report, complete in itself.
package struct StageProgress: Hashable, Sendable {
    package enum Stage: String, Hashable, Sendable, CaseIterable {
        case probe, detect, track, export, overlay
        /// Looking for cuts; calling a plugin's tool.
        case scan, call
        /// Looking at people's numbers and colours.
        case look
        /// Writing clips.
        case cut
        /// Of a player's shifts, as their users know them.
        case proxy, tracking, identifying, exporting
    }

    package var stage: Stage
    /// Frames done, of `total`.
    package var done: Int
    package var total: Int
    /// Frames that an earlier run had already done: they count as done, but not towards the speed.
    package var resumed: Int

    package init(stage: Stage, done: Int, total: Int, resumed: Int = 0) {
        self.stage = stage
        self.done = done
        self.total = total
        self.resumed = resumed
    }
}

/// What a pipeline tells whoever watches it. Called from several threads, one call at a time per stage.
package enum PipelineEvent: Sendable {
    case progress(StageProgress)
    /// A chunk of a stage is begun, by its index. With several lanes several are in work at a time.
    case chunk(StageProgress.Stage, Int)
    /// Something a user should know that does not stop the work: a damaged packet, a stale checkpoint.
    case warning(String)
    /// Something worth a line: which engine, what was resumed.
    case note(String)
}

package typealias PipelineObserver = @Sendable (PipelineEvent) -> Void
