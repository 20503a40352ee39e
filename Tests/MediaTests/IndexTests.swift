import Model
import Testing

@testable import Media

@Suite(.serialized) struct IndexTests {
    @Test(arguments: Fixture.timed)
    func `packets give every frame its rank and time without decoding`(_ fixture: Fixture) throws {
        let source = try VideoSource(opening: try fixture.path)
        #expect(source.index.order == .byTime)
        let expected = try Shell.frameTimes(try fixture.path)
        #expect(source.index.ticks == expected.compactMap { $0 })
        #expect(source.facts.frameCount == expected.count)
        // With intra refresh no picture after the first begins anew.
        let chunks = source.chunks(targetFrames: 1).count
        #expect(fixture.name.hasPrefix("intra-refresh") ? chunks == 1 : chunks > 1)
    }

    @Test(arguments: Fixture.untimed)
    func `frames are counted by decoding where packets cannot tell`(_ fixture: Fixture) throws {
        let source = try VideoSource(opening: try fixture.path)
        #expect(source.index.order == .byCount)
        #expect(source.facts.frameCount == (try Shell.frameTimes(try fixture.path)).count)
        #expect(zip(source.index.ticks, source.index.ticks.dropFirst()).allSatisfy { $0 < $1 })
        #expect(source.chunks(targetFrames: 10).count == 1)
    }

    @Test(arguments: Fixture.timed + Fixture.untimed)
    func `chunks give the very frames of a linear decode`(_ fixture: Fixture) throws {
        let source = try VideoSource(opening: try fixture.path)
        let linear = try VideoReading.frames(of: source, 0..<source.facts.frameCount)
        #expect(linear.map(\.index) == Array(0..<source.facts.frameCount))
        var chunked: [ReadFrame] = []
        for chunk in source.chunks(targetFrames: 1).reversed() {
            chunked.insert(contentsOf: try VideoReading.frames(of: source, chunk), at: 0)
        }
        #expect(chunked == linear)
    }

    @Test func `absurd time stamps are no time stamps`() {
        for time in [Int64.min, .min + 1, .max, Libav.farthestTime + 1] {
            #expect(Libav.believable(time) == Libav.noTime)
        }
        for time in [0, -1, Libav.farthestTime, -Libav.farthestTime] { #expect(Libav.believable(time) == time) }
        let widest = VideoIndex(
            order: .byTime, ticks: [-Libav.farthestTime, 0, Libav.farthestTime], lastDuration: Libav.farthestTime,
            entries: [], keyframeCount: 0)
        #expect(widest.duration == 3 * Libav.farthestTime)
        #expect(!widest.isVariable)
    }

    @Test func `chunks begin at entries and cover every frame once`() {
        let entries = [0, 10, 20, 95].map { VideoIndex.Entry(rank: $0, pts: Int64($0), dts: Int64($0)) }
        let index = VideoIndex(
            order: .byTime, ticks: (0..<100).map { Int64($0) }, lastDuration: 1, entries: entries, keyframeCount: 4)
        #expect(index.chunks(targetFrames: 1) == [0..<10, 10..<20, 20..<95, 95..<100])
        #expect(index.chunks(targetFrames: 15) == [0..<20, 20..<95, 95..<100])
        #expect(index.chunks(targetFrames: 1000) == [0..<100])
        #expect(index.chunks(targetFrames: 0) == index.chunks(targetFrames: 1))
    }
}
