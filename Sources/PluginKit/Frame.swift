/// A picture that a tool was given: red, green and blue, a byte each, row by row.
///
/// A view on memory that Gantry writes: nothing was copied. It holds still until the tool returns; a frame that is
/// kept longer stays safe to read but shows later pictures: keep ``packedBytes()`` instead.
public struct Frame {
    /// Pixels.
    public let width: Int
    public let height: Int
    /// Bytes from one row to the next, at least `3 * width`.
    public let stride: Int
    private let memory: FrameMapping
    private let offset: Int

    /// A picture of one's own, for tests: `width * height` pixels of three bytes without gaps.
    public init(width: Int, height: Int, rgb8 bytes: [UInt8]) {
        precondition(
            width > 0 && height > 0 && bytes.count == 3 * width * height, "three bytes for each of the picture's pixels"
        )
        self.width = width
        self.height = height
        stride = 3 * width
        memory = FrameMapping(copying: bytes)
        offset = 0
    }

    /// - Throws: `ValueError` where the place does not lie within the memory.
    init(
        in memory: FrameMapping, offset: Int, width: Int, height: Int, stride: Int
    ) throws(ToolError) {
        let (rowBytes, overflow) = width.multipliedReportingOverflow(by: 3)
        let (above, overflowAbove) = stride.multipliedReportingOverflow(by: max(0, height - 1))
        guard !overflow, !overflowAbove, width > 0, height > 0, stride >= rowBytes, offset >= 0,
            above <= memory.count, rowBytes <= memory.count - above, offset <= memory.count - above - rowBytes
        else {
            throw ToolError(
                type: "ValueError",
                message: "a picture of \(width)x\(height), \(stride) bytes a row, does not lie at byte \(offset) of "
                    + "the frame memory of \(memory.count) bytes")
        }
        self.width = width
        self.height = height
        self.stride = stride
        self.memory = memory
        self.offset = offset
    }

    /// The picture's memory: `height - 1` rows of `stride` bytes and a last one of `3 * width`.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try memory.withBytes(offset, count: stride * (height - 1) + 3 * width, body)
    }

    /// One row: `3 * width` bytes.
    public func withRow<Result, Failure: Error>(
        _ y: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition((0..<height).contains(y), "row \(y) of a picture with \(height)")
        return try memory.withBytes(offset + y * stride, count: 3 * width, body)
    }

    /// One pixel. Slow for whole pictures: use ``withRow(_:_:)`` there.
    public subscript(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
        precondition((0..<width).contains(x), "column \(x) of a picture with \(width)")
        return withRow(y) { row in (row[3 * x], row[3 * x + 1], row[3 * x + 2]) }
    }

    /// A copy without gaps between the rows: `3 * width * height` bytes.
    public func packedBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * width * height)
        for y in 0..<height {
            withRow(y) { row in unsafe row.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) } }
        }
        return bytes
    }
}
