/// The last lines of a process, up to so many bytes.
package struct OutputTail: Sendable {
    package var lines: [OutputLine] { Array(storage[first...]) }
    /// Bytes of lines that had to go, and of lines that were cut.
    package internal(set) var droppedBytes = 0
    private var storage: [OutputLine] = []
    private var first = 0
    private var bytes = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func append(_ line: OutputLine) {
        storage.append(line)
        bytes += line.text.utf8.count + 1
        while bytes > limit, first < storage.count {
            let size = storage[first].text.utf8.count + 1
            storage[first].text = ""
            first += 1
            bytes -= size
            droppedBytes += size
        }
        // The dead part is given back when it is as large as the living one.
        if first > 64, first * 2 > storage.count {
            storage.removeFirst(first)
            first = 0
        }
    }
}
