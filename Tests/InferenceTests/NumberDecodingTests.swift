import Model
import Testing

@testable import Inference

struct NumberDecodingTests {
    private let decoding = NumberDecoding(firstDigit: 3)
    /// Blank, two letters, ten digits.
    private static let characters = 13

    /// Likelihoods of columns that are each all of one character: a digit, `-` for blank, `x` for a letter.
    private func likelihoods(_ columns: String) -> [Double] {
        let rows = columns.map { column in
            var row = [Float](repeating: 0, count: Self.characters)
            row[column.wholeNumberValue.map { $0 + 3 } ?? (column == "-" ? 0 : 1)] = 1
            return row
        }
        return likelihoods(rows)
    }

    private func likelihoods(_ rows: [[Float]]) -> [Double] {
        unsafe rows.flatMap { $0 }.withUnsafeBufferPointer {
            unsafe decoding.likelihoods($0, steps: rows.count, characters: Self.characters)
        }
    }

    @Test(arguments: [
        ("-17-", 17), ("1177", 17), ("-1-7-", 17), ("7", 7), ("-7-", 7), ("07", 7), ("3-3", 33), ("333", 3), ("0", 0),
        ("99-9", 99), ("10", 10),
    ])
    func `repeats are merged and blanks dropped`(columns: String, number: Int) {
        let found = likelihoods(columns)
        #expect(found[number] == 1)
        #expect(found.reduce(0, +) == 1)
    }

    @Test(arguments: ["----", "1x7", "x", "123", "1-2-3"])
    func `letters, nothing and three digits are no number`(columns: String) {
        #expect(likelihoods(columns).allSatisfy { $0 == 0 })
    }

    @Test func `every path that spells a number counts`() {
        // 8 or blank, evenly, in two columns: 88 needs a blank between, so three of four paths are an 8, one nothing.
        var row = [Float](repeating: 0, count: Self.characters)
        row[0] = 0.5
        row[3 + 8] = 0.5
        let found = likelihoods([row, row])
        #expect(found[8] == 0.75 && found[88] == 0)
    }

    @Test func `a read names the likely numbers, best first, or is none`() throws {
        var (first, second) = (
            [Float](repeating: 0, count: Self.characters), [Float](repeating: 0, count: Self.characters)
        )
        (first[3 + 1], first[0]) = (0.75, 0.25)
        (second[3 + 7], second[1]) = (0.8, 0.2)
        let found = likelihoods([first, second])
        func read(_ least: Double) -> JerseyRead? { NumberDecoding.read(found, least: least) }
        let candidates = try #require(read(0.5)).candidates
        #expect(candidates.map(\.number) == [17, 7])
        #expect(abs(candidates[0].confidence - 0.6) < 1e-6 && abs(candidates[1].confidence - 0.2) < 1e-6)
        #expect(read(0.7) == nil)
    }
}
