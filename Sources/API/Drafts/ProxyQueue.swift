import FileSafety
import Foundation
import Jobs
import Synchronization

/// Drafts whose video wants a small copy: one after the other, behind everything else. What fails is left without.
package final class ProxyQueue: Sendable {
    /// Makes a copy of the video at a path, in a temporary folder of this name.
    ///
    /// - Returns: Where the copy lies; nil where none could be made.
    package typealias Maker = @Sendable (_ video: String, _ name: String) async -> String?

    private let store: any DraftStore
    private let folders: StorageFolders
    private let make: Maker
    private let drafts: AsyncStream<JobID>
    private let draft: AsyncStream<JobID>.Continuation
    private let work = Mutex<Task<Void, Never>?>(nil)

    package init(store: any DraftStore, folders: StorageFolders, make: @escaping Maker) {
        self.store = store
        self.folders = folders
        self.make = make
        (drafts, draft) = AsyncStream.makeStream(of: JobID.self, bufferingPolicy: .bufferingNewest(10_000))
    }

    /// Begins with what an earlier server left undone.
    package func start() {
        work.withLock { work in
            work = Task.detached(priority: .background) { [self] in
                let left = (try? await store.drafts(changedBefore: WallTime(milliseconds: .max), limit: 10_000)) ?? []
                for id in left where !Task.isCancelled { await serve(id) }  // a store that fails knows of none
                for await id in drafts { await serve(id) }
            }
        }
    }

    /// Ends what is being made.
    package func stop() async {
        draft.finish()
        let task = work.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    /// A draft has a new video.
    func wants(_ id: JobID) { draft.yield(id) }

    private func serve(_ id: JobID) async {
        // Whatever is in the way, the draft is as good without.
        guard let draft = try? await store.draft(id), draft.state != .removed, draft.proxyPath == nil,
            let video = draft.video, let upload = DraftVideo(folders: folders, draft: id, of: video)
        else { return }
        let made = await make(video.path, id.text)
        defer { if let made { try? FolderRemoval.discard((made as NSString).deletingLastPathComponent) } }
        guard let made, let kept = try? upload.keep(proxy: made) else { return }
        for _ in 0..<100 {
            guard var present = try? await store.draft(id), present.state != .removed,
                present.video?.path == video.path
            else { return }  // its folder goes, or went, with the video
            present.proxyPath = kept
            if (try? await store.save(present, at: .now())) != nil { return }
        }
    }
}
