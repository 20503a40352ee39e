import Glibc
import Model
import Synchronization

extension OutputDirectory {
    /// Publishes `bytes` under `name`, replacing what was there.
    package func publish(name: String, bytes: [UInt8]) throws(FileSafetyFailure) {
        let target = try FileName(name)
        let temporary = try TemporaryFile(for: target, in: self)
        try temporary.write(bytes)
        try temporary.publish(as: target)
    }

    /// Publishes what `body` writes, piece by piece, under `name`. If `body` throws, nothing is published.
    package func publishStream(name: String, _ body: (borrowing TemporaryFile) throws -> Void) throws {
        let target = try FileName(name)
        let temporary = try TemporaryFile(for: target, in: self)
        try body(temporary)
        try temporary.publish(as: target)
    }

    /// Publishes the file that `body` writes at the path it is given, for encoders that open files themselves. The path
    /// has the name's extension and leads to an empty file, to be written in place. If `body` throws, nothing is
    /// published.
    package func publish<Result>(name: String, _ body: (_ temporaryPath: String) throws -> Result) throws -> Result {
        let target = try FileName(name)
        let temporary = try TemporaryFile(for: target, in: self)
        let result = try body(temporary.path)
        try temporary.publish(as: target)
        return result
    }
}

/// A file on its way to being published: it is removed if it is not.
package struct TemporaryFile: ~Copyable {
    private static let counter = Atomic<UInt64>(0)

    private let directory: OutputDirectory
    private let name: String
    private let file: FileDescriptor

    init(for target: FileName, in directory: OutputDirectory) throws(FileSafetyFailure) {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).oldValue
        // An extension as long as a name would make the temporary name too long.
        let suffix = target.fileExtension.utf8.count <= 16 ? target.fileExtension : ""
        let shown = "\(directory.path)/\(target.text)"
        if let refusal = directory.gate.refusal(.create) { throw .system(refusal, "cannot create", shown) }
        let name = "\(FileName.temporaryPrefix)\(getpid())-\(number)\(suffix)"
        let file = try FileDescriptor(
            opening: name, in: directory.folder.number, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
            permissions: 0o666, action: "cannot create", shownPath: shown)
        self.directory = directory
        self.name = name
        self.file = file
    }

    deinit {
        // After publishing the name is gone already.
        unsafe unlinkat(directory.folder.number, name, 0)
    }

    /// Leads to the file through the folder's descriptor, also from child processes, as long as this value lives.
    var path: String { "\(directory.anchoredPath)/\(name)" }

    /// Appends `bytes`.
    package func write(_ bytes: [UInt8]) throws(FileSafetyFailure) {
        var written = 0
        while written < bytes.count {
            if let refusal = directory.gate.refusal(.write) { throw .system(refusal, "cannot write", file.path) }
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(file.number, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(errno, "cannot write", file.path)
            }
            written += count
        }
    }

    /// Synchronises the content, gives it its name, and synchronises the folder.
    consuming func publish(as target: FileName) throws(FileSafetyFailure) {
        let gate = directory.gate
        let synchronized = gate.refusal(.synchronize) ?? (fsync(file.number) == 0 ? nil : errno)
        if let synchronized { throw .system(synchronized, "cannot make it durable", file.path) }
        let anchor = directory.folder.number
        let renamed =
            gate.refusal(.rename)
            ?? (unsafe renameat(anchor, name, anchor, target.text) == 0 ? nil : errno)
        if let renamed { throw .system(renamed, "cannot publish", file.path) }
        try directory.synchronizeFolder()
    }
}
