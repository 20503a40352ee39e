import Model

extension MOTText {
    /// The rows of a file, in the file's order.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file's name, for failures.
    package static func rows(in bytes: [UInt8], named name: String) throws(FormatsFailure) -> [Row] {
        var rows: [Row] = []
        // A row with nine columns rarely has fewer than 30 bytes.
        rows.reserveCapacity(bytes.count / 30)
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var line = 0
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let content = trimmed(bytes[start..<end])
            start = end + 1
            if content.isEmpty || content.first == UInt8(ascii: "#") { continue }
            rows.append(try row(in: content, line: line, file: name))
        }
        return rows
    }

    private static func row(
        in content: ArraySlice<UInt8>, line: Int, file: String
    ) throws(FormatsFailure) -> Row {
        // Ten columns: MOT15 and result files carry three trailing -1 where MOT16 has class and visibility.
        var columns = FixedColumns()
        let separator = [UInt8(ascii: ","), UInt8(ascii: ";")].first { content.contains($0) }
        var rest = content
        while true {
            let end = rest.firstIndex { byte in separator.map { byte == $0 } ?? isBlank(byte) } ?? rest.endIndex
            let field = trimmed(rest[rest.startIndex..<end])
            // A separator at the end of the line closes the last column; it opens none.
            if end == rest.endIndex, field.isEmpty { break }
            guard columns.count < FixedColumns.capacity else {
                throw .damaged(file, "line \(line) has more than \(FixedColumns.capacity) columns", hint: layoutHint)
            }
            guard let number = DecimalText.number(in: field) else {
                let text = String(decoding: field.prefix(24), as: UTF8.self)
                throw .damaged(
                    file, "line \(line), column \(columns.count + 1): \(text.debugDescription) is not a number",
                    hint: layoutHint)
            }
            columns.append(number)
            if end == rest.endIndex { break }
            rest = rest[(end + 1)...]
            if separator == nil { rest = rest.drop(while: isBlank) }
        }
        guard columns.count >= 6 else {
            throw .damaged(file, "line \(line) has \(columns.count) columns of at least 6", hint: layoutHint)
        }
        guard let frame = integer(columns[0]), frame >= 1 else {
            throw .damaged(file, "line \(line): frame \(columns[0]) is not a whole number from 1 to \(integerLimit)")
        }
        guard let id = integer(columns[1]) else {
            throw .damaged(file, "line \(line): id \(columns[1]) is not a whole number up to \(integerLimit)")
        }
        let box = Box(x: columns[2], y: columns[3], width: columns[4], height: columns[5])
        guard box.width >= 0, box.height >= 0,
            [box.x, box.y, box.width, box.height].allSatisfy({ $0.magnitude <= coordinateLimit })
        else {
            throw .damaged(file, "line \(line): the box has a negative size or coordinates beyond ±1e9")
        }
        for column in 6..<max(6, columns.count) where columns[column].magnitude > coordinateLimit {
            throw .damaged(file, "line \(line), column \(column + 1): \(columns[column]) is beyond ±1e9")
        }
        var row = Row(frame: frame, id: id, box: box, confidence: columns.count > 6 ? columns[6] : 1)
        if columns.count > 7 {
            guard let classID = integer(columns[7]) else {
                throw .damaged(file, "line \(line): class \(columns[7]) is not a whole number up to \(integerLimit)")
            }
            row.classID = classID
        }
        if columns.count > 8 { row.visibility = columns[8] }
        return row
    }

    private static let layoutHint = "Expected frame,id,x,y,width,height[,confidence[,class[,visibility]]]"

    private static func integer(_ value: Double) -> Int? {
        guard value.magnitude <= Double(integerLimit), value == value.rounded() else { return nil }
        return Int(value)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes.drop(while: isBlank)
        while let last = slice.last, isBlank(last) { slice.removeLast() }
        return slice
    }

    /// The numbers of one line, without an allocation a line.
    private struct FixedColumns {
        static let capacity = 10
        private var values = InlineArray<10, Double>(repeating: 0)
        private(set) var count = 0

        subscript(index: Int) -> Double { values[index] }

        mutating func append(_ value: Double) {
            values[count] = value
            count += 1
        }
    }
}
