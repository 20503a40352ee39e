import Testing

@testable import Model

@Suite struct MediaTimeTests {
    @Test func equalTimesOfDifferentTimebasesAreEqualAndHashAlike() {
        let a = MediaTime(ticks: 1001, timebase: Timebase(1, 30000))
        let b = MediaTime(ticks: 2002, timebase: Timebase(1, 60000))
        #expect(a == b)
        #expect(a.hashValue == b.hashValue)
        #expect(!(a < b))
    }

    @Test func comparisonIsExactWhereSecondsAreNot() {
        // One tick in 2^60 is lost in a Double's 53 bits.
        let a = MediaTime(ticks: 1 << 60, timebase: Timebase(1, 90000))
        let b = MediaTime(ticks: (1 << 60) + 1, timebase: Timebase(1, 90000))
        #expect(a.seconds == b.seconds)
        #expect(a < b)
    }

    @Test func negativeTimesOrder() {
        #expect(MediaTime(ticks: -5, timebase: .milliseconds) < .zero)
    }
}
