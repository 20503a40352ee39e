import Testing

@testable import ServerLog

@Suite struct LogOutageTests {
    @Test func `an outage is retried ever more rarely and reported once`() {
        var outage = LogOutage()
        let start = ContinuousClock.now
        #expect(outage.handle(.accepted(at: start)) == .nothing)
        var pauses: [Duration] = []
        for attempt in 0..<10 {
            guard case .retry(let pause) = outage.handle(.refused("disk full", at: start + .seconds(attempt))) else {
                continue
            }
            pauses.append(pause)
        }
        #expect(pauses.count == 10 && pauses == pauses.sorted() && pauses.last == .seconds(2))
        #expect(outage.handle(.overflowed) == .nothing && outage.isFailing)
        #expect(
            outage.handle(.accepted(at: start + .seconds(30)))
                == .report(lost: 1, during: .seconds(30), reason: "disk full"))
        #expect(outage.handle(.accepted(at: start + .seconds(31))) == .nothing && !outage.isFailing)
    }
}
