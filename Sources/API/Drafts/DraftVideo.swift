import FileSafety
import Glibc
import Jobs

/// Where one upload of a draft's video lies: in a folder of its own within the draft's, so that a new one never touches
/// what a run may be reading.
struct DraftVideo: Sendable {
    let draft: JobID
    private let folders: StorageFolders
    /// The folder's name within the draft's.
    private let name: String

    /// A new one.
    init(folders: StorageFolders, draft: JobID) {
        var generator = SystemRandomNumberGenerator()
        self.folders = folders
        self.draft = draft
        name = JobID.random(using: &generator).text
    }

    /// That of a video that was taken; nil where it lies elsewhere.
    init?(folders: StorageFolders, draft: JobID, of video: JobVideo) {
        let prefix = "\(folders.uploads(of: draft.text))/"
        guard video.path.hasPrefix(prefix) else { return nil }
        let parts = video.path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = JobID(String(parts[0])) else { return nil }
        self.folders = folders
        self.draft = draft
        name = id.text
    }

    /// Moves a finished file here.
    ///
    /// - Returns: Its path.
    func take(_ file: IncomingFile, as fileName: FileName) throws(FileSafetyFailure) -> String {
        let folder = folders.uploads(of: draft.text)
        try OutputDirectory.makeFolders(folder)
        try file.makeTarget("\(folder)/\(name)")
        try file.moveToTarget(as: fileName)
        return "\(folder)/\(name)/\(fileName.text)"
    }

    /// Takes the small copy in, beside the video: under a name that no upload gets.
    ///
    /// - Returns: Its path.
    func keep(proxy path: String) throws(FileSafetyFailure) -> String {
        let target = "\(folders.uploads(of: draft.text))/\(name)/.proxy.mp4"
        guard unsafe rename(path, target) == 0 else {
            throw FileSafetyFailure(
                code: .internalError, message: "cannot keep the proxy (errno \(errno))", subject: target)
        }
        return target
    }

    /// - Parameter isGone: The draft is no more: its folder goes too.
    func remove(withDraft isGone: Bool) throws(FileSafetyFailure) {
        if isGone { return try folders.removeUpload(of: draft.text) }
        try FolderRemoval.remove(name, inFolder: folders.uploads(of: draft.text))
    }
}
