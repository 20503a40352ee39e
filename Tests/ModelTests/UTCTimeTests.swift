import Foundation
import Model
import TestSupport
import Testing

@Suite struct UTCTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `a moment is written and read`(milliseconds: Int64, text: String) {
        #expect(UTCTime(milliseconds: milliseconds).iso8601 == text)
        #expect(UTCTime(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test func `it agrees with Foundation`() {
        let formatter = ISO8601DateFormatter()
        var random = SplitMix64(seed: 3)
        for _ in 0..<2000 {
            let seconds = Int64.random(in: 0..<250_000_000_000, using: &random)
            let time = UTCTime(milliseconds: seconds * 1000)
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            guard expected.utf8.count == 20 else { continue }  // beyond the year 9999
            #expect(time.iso8601.prefix(19) == expected.prefix(19))
            #expect(UTCTime(iso8601: expected) == time)
        }
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T11:38:05", "2026-13-21T11:38:05Z", "2026-11-21T11:38:05+0100",
        "x026-11-21T11:38:05Z",
    ])
    func `anything else is no moment`(text: String) { #expect(UTCTime(iso8601: text) == nil) }
}
