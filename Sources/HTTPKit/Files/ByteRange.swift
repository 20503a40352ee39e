/// What a Range header asks of a representation of known size (RFC 9110, section 14).
enum ByteRange: Equatable {
    /// No range, one that is malformed, or several: the whole.
    case whole
    case part(Range<Int>)
    case unsatisfiable

    init(_ header: String?, size: Int) {
        guard let header, header.lowercased().hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let halves = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map {
            $0.filter { $0 != " " && $0 != "\t" }
        }
        // Several ranges would need a multipart answer; the whole is as right.
        guard halves.count == 2, halves.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            self = .whole
            return
        }
        // Numbers beyond what fits lie beyond every file's end.
        let numbers = halves.map { $0.isEmpty ? nil : Int($0) ?? Int.max }
        switch (numbers[0], numbers[1]) {
        case (nil, nil): self = .whole
        case (nil, let last?): self = last == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - last)..<size)
        case (let first?, nil): self = first >= size ? .unsatisfiable : .part(first..<size)
        case (let first?, let last?):
            guard first <= last else {
                self = .whole
                return
            }
            self = first >= size ? .unsatisfiable : .part(first..<(min(last, size - 1) + 1))
        }
    }
}
