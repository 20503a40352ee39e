import Jobs
import Synchronization

/// Drafts whose video is on its way in now. In memory: with the server the uploads end.
final class UploadsInProgress: Sendable {
    /// An upload; over when it is let go.
    final class Upload: Sendable {
        private let draft: JobID
        private let all: UploadsInProgress

        fileprivate init(_ draft: JobID, _ all: UploadsInProgress) {
            self.draft = draft
            self.all = all
        }

        deinit {
            all.counts.withLock { counts in
                let left = (counts[draft] ?? 1) - 1
                counts[draft] = left > 0 ? left : nil
            }
        }
    }

    private let counts = Mutex<[JobID: Int]>([:])

    func begin(_ draft: JobID) -> Upload {
        counts.withLock { $0[draft, default: 0] += 1 }
        return Upload(draft, self)
    }

    func contains(_ draft: JobID) -> Bool { counts.withLock { $0[draft] != nil } }
}
