import Model
import Testing

@testable import Pipelines

@Suite struct TrackTimelineTests {
    private func track(_ id: Int, frames: [Int]) -> Track {
        Track(
            id: id, classID: 0,
            observations: frames.map {
                let box = Box(x: Double($0) * 10, y: 0, width: 10, height: 20)
                let time = MediaTime(ticks: Int64($0), timebase: .milliseconds)
                return Track.Observation(frame: $0, time: time, box: box, score: 0.5, origin: .detected)
            })
    }

    @Test func aTrackIsPresentFromItsFirstToItsLastFrame() {
        var timeline = TrackTimeline(tracks: [track(2, frames: [3, 4, 5]), track(1, frames: [4])])
        let present = (0..<8).map { timeline.advance(to: $0).map(\.track.id) }
        #expect(present == [[], [], [], [2], [1, 2], [2], [], []])
    }

    @Test func betweenAnalysedFramesTheBoxMovesOnAStraightLine() {
        var timeline = TrackTimeline(tracks: [track(1, frames: [0, 4])])
        let x = (0...4).map { timeline.advance(to: $0).first?.box.x }
        #expect(x == [0, 10, 20, 30, 40])
    }

    @Test func skippedFramesLoseNothing() {
        var timeline = TrackTimeline(tracks: [track(1, frames: [0, 1, 2, 9]), track(2, frames: [1])])
        #expect(timeline.advance(to: 0).count == 1)
        #expect(timeline.advance(to: 8).map(\.track.id) == [1])
        #expect(timeline.advance(to: 9).first?.past == 0...3)
        #expect(timeline.advance(to: 10).isEmpty)
    }
}
