/// Streaming writers hand their documents on in pieces of about this many bytes.
let documentPieceBytes = 1 << 20

/// The bytes that a streaming writer hands out, all of them: for documents that are small, and for tests.
func collectedBytes(
    of writer: (_ sink: ([UInt8]) throws -> Void) throws -> Void
) throws(FormatsFailure) -> [UInt8] {
    var all: [UInt8] = []
    do {
        try writer { all.append(contentsOf: $0) }
    } catch let failure as FormatsFailure {
        throw failure
    } catch {
        throw .unprintable("\(error)")  // Unreachable: appending to memory throws nothing.
    }
    return all
}
