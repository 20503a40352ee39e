import CFileSafety
import Glibc
import Model
import Synchronization

/// A file that arrives piece by piece: written once, hashed on the way, moved to its place when it is whole.
///
/// It is gone, at the latest with this value, unless it was moved. Calls block on the disk.
package final class IncomingFile: Sendable {
    private struct State {
        var digest: SHA256Digest?
        var written: Int64 = 0
        /// How much the kernel was already asked to write out, and how much of it is written.
        var pushed: Int64 = 0
        var settled: Int64 = 0
        /// In `folder`; nil once it was moved or removed.
        var name: String?
    }

    private final class Target: Sendable {
        let folder: FileDescriptor

        init(_ folder: consuming FileDescriptor) { self.folder = folder }
    }

    private static let counter = Atomic<UInt64>(0)
    /// The kernel is asked to write out pieces of this size as they come, and each is waited for when the next one is
    /// there: whoever sends faster than the disk writes is slowed down on the way, and the last wait is short for all.
    private static let pushBytes: Int64 = 1 << 20

    private let folder: FileDescriptor
    private let file: FileDescriptor
    private let gate: SystemCallGate
    private let state: Mutex<State>
    /// Where it is to go: made for it, and empty. Apart from the state, so that it can be made while the disk is waited for.
    private let target = Mutex<Target?>(nil)

    /// - Parameter folder: On the file system that the file is to be moved within.
    package convenience init(in folder: String) throws(FileSafetyFailure) { try self.init(in: folder, gate: .open) }

    init(in path: String, gate: SystemCallGate) throws(FileSafetyFailure) {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).oldValue
        let name = "\(FileName.temporaryPrefix)\(getpid())-\(number)"
        if let refusal = gate.refusal(.create) { throw .system(refusal, "cannot create", path) }
        folder = try FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY, action: "cannot open the folder")
        file = try FileDescriptor(
            opening: name, in: folder.number, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o666,
            action: "cannot create", shownPath: "\(path)/\(name)")
        self.gate = gate
        state = Mutex(State(digest: try SHA256Digest(), name: name))
    }

    deinit { remove() }

    /// Where it lies while it arrives; nil once it was moved or removed.
    package var path: String? { state.withLock { $0.name }.map { "\(folder.path)/\($0)" } }

    package var byteCount: Int64 { state.withLock { $0.written } }

    /// Appends a piece.
    package func append(_ bytes: [UInt8]) throws(FileSafetyFailure) {
        try state.withLock { state throws(FileSafetyFailure) in
            var done = 0
            while done < bytes.count {
                if let refusal = gate.refusal(.write) { throw .system(refusal, "cannot write", file.path) }
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe write(file.number, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .system(count < 0 ? errno : EIO, "cannot write", file.path) }
                done += count
            }
            unsafe bytes.withUnsafeBytes { unsafe state.digest?.update($0) }
            state.written += Int64(bytes.count)
            guard state.written - state.pushed >= Self.pushBytes else { return }
            try writeOut(from: state.pushed, to: state.written, waits: false)
            try writeOut(from: state.settled, to: state.pushed, waits: true)
            state.settled = state.pushed
            state.pushed = state.written
        }
    }

    private func writeOut(from start: Int64, to end: Int64, waits: Bool) throws(FileSafetyFailure) {
        guard end > start, file_safety_write_out(file.number, off_t(start), off_t(end - start), waits) != 0 else {
            return
        }
        // File systems without it leave all to the fsync. What else is told here is not told again by the fsync.
        guard [ENOSYS, EINVAL, EINTR, ESPIPE].contains(errno) else {
            throw .system(errno, "cannot write", file.path)
        }
    }

    /// The content is whole and on the disk.
    ///
    /// - Returns: Its SHA-256 in lower-case hexadecimal.
    package func finish() throws(FileSafetyFailure) -> String {
        try state.withLock { state throws(FileSafetyFailure) in
            guard let digest = state.digest else {
                throw FileSafetyFailure(code: .internalError, message: "was finished already", subject: file.path)
            }
            if let refusal = gate.refusal(.synchronize) ?? (fsync(file.number) == 0 ? nil : errno) {
                throw .system(refusal, "cannot make it durable", file.path)
            }
            state.digest = nil
            return digest.finish()
        }
    }

    /// Makes the folder that the file is to be moved into, and makes that durable. May happen while the file is finished.
    ///
    /// - Parameter path: One level below a folder that is there. It must not be there itself: it is somebody else's then.
    package func makeTarget(_ path: String) throws(FileSafetyFailure) {
        guard unsafe mkdir(path, 0o777) == 0 else { throw .system(errno, "cannot create the folder", path) }
        do throws(FileSafetyFailure) {
            let made = Target(
                try FileDescriptor(
                    opening: path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, action: "cannot open the folder"))
            let above = try FileDescriptor(
                opening: "..", in: made.folder.number, flags: O_RDONLY | O_DIRECTORY,
                action: "cannot open the folder", shownPath: "\(path)/..")
            try synchronizeFolder(above)
            target.withLock { $0 = made }
        } catch {
            unsafe rmdir(path)
            throw error
        }
    }

    /// Moves the finished file into the folder made for it, under `name`, and makes that durable.
    package func moveToTarget(as name: FileName) throws(FileSafetyFailure) {
        guard let made = target.withLock({ $0 }) else {
            throw FileSafetyFailure(code: .internalError, message: "has nowhere to go", subject: file.path)
        }
        try rename(into: made.folder, as: name)
        target.withLock { $0 = nil }
        try synchronizeFolder(made.folder)
    }

    private func rename(into target: borrowing FileDescriptor, as name: FileName) throws(FileSafetyFailure) {
        try state.withLock { state throws(FileSafetyFailure) in
            guard let old = state.name else {
                throw FileSafetyFailure(code: .internalError, message: "was moved already", subject: file.path)
            }
            let refusal =
                gate.refusal(.rename)
                ?? (unsafe renameat(folder.number, old, target.number, name.text) == 0 ? nil : errno)
            if let refusal { throw .system(refusal, "cannot move it", "\(target.path)/\(name.text)") }
            state.name = nil
        }
    }

    /// Some file systems have no folders to synchronise (EINVAL).
    private func synchronizeFolder(_ folder: borrowing FileDescriptor) throws(FileSafetyFailure) {
        let refusal = gate.refusal(.synchronizeFolder)
        if refusal != nil || (fsync(folder.number) != 0 && errno != EINVAL) {
            throw .system(refusal ?? errno, "cannot make it durable", folder.path)
        }
    }

    /// Removes the file, and the folder made for it, unless it was moved.
    package func remove() {
        if let made = target.withLock({ $0.take() }) { unsafe rmdir(made.folder.path) }
        state.withLock { state in
            guard let name = state.name else { return }
            unsafe unlinkat(folder.number, name, 0)
            state.name = nil
        }
    }
}
