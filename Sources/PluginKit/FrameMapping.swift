import Glibc

/// Memory that pictures lie in, mapped read-only, or owned by a test. Unmapped when the last frame on it is gone.
@safe final class FrameMapping {
    private let bytes: UnsafeRawBufferPointer
    private let isMapped: Bool

    var count: Int { unsafe bytes.count }

    /// Maps the whole of a memory file. Its size is fixed by seals, so that reading never runs off its end.
    /// - Throws: `OSError`.
    init(descriptor: Int32) throws(ToolError) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_size > 0 else {
            throw ToolError(type: "OSError", message: "no frame memory at descriptor \(descriptor) (errno \(errno))")
        }
        let count = Int(status.st_size)
        guard let base = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), unsafe base != MAP_FAILED else {
            throw ToolError(type: "OSError", message: "cannot map the frame memory (errno \(errno))")
        }
        unsafe bytes = UnsafeRawBufferPointer(start: base, count: count)
        isMapped = true
    }

    init(copying source: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
        unsafe copy.copyBytes(from: source)
        unsafe bytes = UnsafeRawBufferPointer(copy)
        isMapped = false
    }

    deinit {
        if isMapped {
            unsafe _ = munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        } else {
            unsafe bytes.deallocate()
        }
    }

    func withBytes<Result, Failure: Error>(
        _ offset: Int, count: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(offset >= 0 && count >= 0 && offset <= self.count - count, "within the memory")
        defer { extendLifetime(self) }
        // The bounds were checked, and the mapping lives as long as this object.
        let window = unsafe UnsafeBufferPointer(
            start: bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: UInt8.self), count: count)
        return try unsafe body(window.span)
    }
}
