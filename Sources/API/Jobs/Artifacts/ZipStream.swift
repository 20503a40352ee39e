import CArchive
import Foundation
import Model
import Synchronization

/// A ZIP archive (zip64 where it must be) that is written while it is read: never on the disk, and never more of it in
/// memory than one piece.
///
/// libarchive writes it on a thread of its own, which waits until each piece is taken.
package final class ZipStream: Sendable {
    private struct State {
        var piece: [UInt8]?
        var reader: CheckedContinuation<[UInt8]?, any Error>?
        /// Set when the writer is done.
        var end: Result<Void, APIFailure>?
        var isCancelled = false
    }

    private static let pieceBytes = 64 << 10

    private let state = Mutex(State())
    /// Signalled when a piece was taken, or nobody will take one.
    private let taken = DispatchSemaphore(value: 0)

    package init(_ members: [ZipMember]) {
        let thread = Thread { [self] in
            let end = Result { () throws(APIFailure) in try ZipWriter(to: self).write(members) }
            let reader = state.withLock { state in
                state.end = end
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(with: end.map { nil }.mapError { $0 as any Error })
        }
        thread.name = "zip"
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// The next piece; nil at the archive's end. One task reads.
    package func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer = state.withLock { state -> Result<[UInt8]?, any Error>? in
                    if state.isCancelled { return .failure(CancellationError()) }
                    if let piece = state.piece {
                        state.piece = nil
                        return .success(piece)
                    }
                    if let end = state.end { return end.map { nil }.mapError { $0 as any Error } }
                    state.reader = continuation
                    return nil
                }
                guard let answer else { return }
                if case .success(.some) = answer { taken.signal() }
                continuation.resume(with: answer)
            }
        } onCancel: {
            cancel()
        }
    }

    /// Nobody reads any more: the writer ends.
    package func cancel() {
        let reader = state.withLock { state in
            state.isCancelled = true
            state.piece = nil
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(throwing: CancellationError())
        taken.signal()
    }

    /// The writer's side: hands a piece over and waits until it is taken. False: nobody wants it.
    fileprivate func put(_ piece: [UInt8]) -> Bool {
        let (reader, isCancelled) = state.withLock { state in
            if state.isCancelled { return (CheckedContinuation<[UInt8]?, any Error>?.none, true) }
            defer { state.reader = nil }
            if state.reader == nil { state.piece = piece }
            return (state.reader, false)
        }
        if isCancelled { return false }
        if let reader {
            reader.resume(returning: piece)
        } else {
            taken.wait()
        }
        return state.withLock { !$0.isCancelled }
    }
}

/// Writes the archive with libarchive. Used by one thread.
private struct ZipWriter {
    private let stream: ZipStream

    init(to stream: ZipStream) { self.stream = stream }

    func write(_ members: [ZipMember]) throws(APIFailure) {
        guard let archive = unsafe archive_write_new() else { throw unsafe failure(nil, "begin") }
        // Frees what is open too; of an archive that nobody reads there is nothing to lose.
        defer { unsafe archive_write_free(archive) }
        let settings = [
            unsafe archive_write_set_format_zip(archive),
            // Names are UTF-8, whatever the process's locale; 3 is the best level for the time it takes.
            unsafe archive_write_set_options(archive, "zip:hdrcharset=UTF-8,zip:compression-level=3"),
            unsafe archive_write_set_bytes_per_block(archive, 64 << 10),
            unsafe archive_write_set_bytes_in_last_block(archive, 1),
        ]
        guard settings.allSatisfy({ $0 >= ARCHIVE_WARN }) else { throw unsafe failure(archive, "begin") }
        // Safe: `stream` outlives the archive, which is freed before this function returns.
        let client = unsafe Unmanaged.passUnretained(stream).toOpaque()
        let opened = unsafe archive_write_open2(
            archive, client, nil,
            { _, client, bytes, count in
                guard let client = unsafe client, let bytes = unsafe bytes else { return -1 }
                let piece = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count))
                let stream = unsafe Unmanaged<ZipStream>.fromOpaque(client).takeUnretainedValue()
                return stream.put(piece) ? count : -1
            }, nil, nil)
        guard opened == ARCHIVE_OK else { throw unsafe failure(archive, "begin") }
        for member in members { unsafe try add(member, to: archive) }
        guard unsafe archive_write_close(archive) == ARCHIVE_OK else { throw unsafe failure(archive, "end") }
    }

    private func add(_ member: ZipMember, to archive: OpaquePointer) throws(APIFailure) {
        let chosen =
            member.isStored
            ? unsafe archive_write_zip_set_compression_store(archive)
            : unsafe archive_write_zip_set_compression_deflate(archive)
        guard chosen == ARCHIVE_OK, let entry = unsafe archive_entry_new() else {
            throw unsafe failure(archive, member.name)
        }
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_pathname_utf8(entry, member.name)
        unsafe archive_entry_set_filetype(entry, gantry_regular_file())
        unsafe archive_entry_set_perm(entry, 0o644)
        switch member.source {
        case .bytes(let bytes):
            unsafe archive_entry_set_size(entry, Int64(bytes.count))
            unsafe try begin(entry, of: member, in: archive)
            unsafe try put(bytes, bytes.count, of: member, to: archive)
        case .file(let path):
            let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard file >= 0 else { throw unsafe failure(nil, member.name, errno) }
            defer { close(file) }
            var facts = stat()
            guard unsafe fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
                throw unsafe failure(nil, member.name, EINVAL)
            }
            unsafe archive_entry_set_size(entry, Int64(facts.st_size))
            unsafe archive_entry_set_mtime(entry, facts.st_mtim.tv_sec, 0)
            unsafe try begin(entry, of: member, in: archive)
            unsafe try copy(file, Int(facts.st_size), of: member, to: archive)
        }
        guard unsafe archive_write_finish_entry(archive) == ARCHIVE_OK else {
            throw unsafe failure(archive, member.name)
        }
    }

    private func begin(
        _ entry: OpaquePointer, of member: ZipMember, in archive: OpaquePointer
    ) throws(APIFailure) {
        guard unsafe archive_write_header(archive, entry) >= ARCHIVE_WARN else {
            throw unsafe failure(archive, member.name)
        }
    }

    /// Exactly as many bytes as its header promised: what grew meanwhile is cut, what shrank is an error.
    private func copy(
        _ file: Int32, _ size: Int, of member: ZipMember, to archive: OpaquePointer
    ) throws(APIFailure) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var left = size
        while left > 0 {
            let wanted = min(left, buffer.count)
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, wanted) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw unsafe failure(nil, member.name, count < 0 ? errno : EIO) }
            left -= count
            unsafe try put(buffer, count, of: member, to: archive)
        }
    }

    private func put(
        _ bytes: [UInt8], _ count: Int, of member: ZipMember, to archive: OpaquePointer
    ) throws(APIFailure) {
        guard count > 0 else { return }
        let written = unsafe bytes.withUnsafeBytes { unsafe archive_write_data(archive, $0.baseAddress, count) }
        guard written == count else { throw unsafe failure(archive, member.name) }
    }

    private func failure(_ archive: OpaquePointer?, _ subject: String, _ number: Int32? = nil) -> APIFailure {
        let said = unsafe archive.flatMap { unsafe archive_error_string($0) }.map { unsafe String(cString: $0) }
        return APIFailure(
            code: .internalError,
            message: "the archive cannot be written: \(number.map { "errno \($0)" } ?? said ?? "nobody reads it")",
            subject: subject)
    }
}
