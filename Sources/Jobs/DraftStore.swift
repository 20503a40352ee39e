/// A store of jobs that keeps drafts of jobs too.
///
/// What holds for jobs holds here: an answer to a writing call is durable, and each change is compare-and-set, by the
/// draft's revision. Of calls at the same time one wins; the others are told, and have changed nothing.
package protocol DraftStore: JobStore {
    /// Takes a new draft in.
    ///
    /// - Throws: `identifierTaken` where a job or a draft has its name.
    func create(_ draft: Draft, at time: JobTime) async throws(JobsFailure)

    /// The draft, nil where there is none.
    func draft(_ id: JobID) async throws(JobsFailure) -> Draft?

    /// The draft that a job is a run of, nil where it is none's.
    func draft(ofRun job: JobID) async throws(JobsFailure) -> Draft?

    /// Writes name, video, proxy, setup and state of a draft that is otherwise as it was read.
    ///
    /// - Returns: The draft as it is now; nil where it was changed meanwhile.
    /// - Throws: `jobNotFound`.
    func save(_ draft: Draft, at time: JobTime) async throws(JobsFailure) -> Draft?

    /// Makes a job of a draft: the job is there and the draft names it, or neither. Its name is the draft's own or new.
    ///
    /// - Returns: The draft as it is now; nil where it was changed meanwhile.
    /// - Throws: `jobNotFound`; `jobActive` where its newest run has not ended; `identifierTaken`.
    func run(_ draft: Draft, as submission: JobSubmission, at time: JobTime) async throws(JobsFailure) -> Draft?

    /// Removes a draft and all its runs.
    ///
    /// - Throws: `jobNotFound`; `jobActive` where one of its runs has not ended.
    func discard(_ id: JobID, at time: JobTime) async throws(JobsFailure)

    /// Drafts that were last changed before `time`, the oldest first: for cleaning up.
    func drafts(changedBefore time: WallTime, limit: Int) async throws(JobsFailure) -> [JobID]

    /// Drafts that are on their way out, because whoever removed them did not come to the end.
    func removedDrafts() async throws(JobsFailure) -> [JobID]
}
