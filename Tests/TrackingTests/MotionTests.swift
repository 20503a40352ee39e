import Model
import Testing

@testable import Tracking

@Suite("Motion")
struct MotionTests {
    private let noise = MotionNoise(TrackingSettings.Motion())

    @Test("the filter learns a steady velocity", arguments: [1.0, 2, 4.3])
    func learnsVelocity(steps: Double) {
        let noise = noise.adapted(toSteps: steps)
        var filter = MotionFilter(x: 0, y: 0, width: 40, height: 100, noise: noise)
        for turn in 1...60 {
            filter.predict(steps: steps, wasSeen: true, noise: noise)
            filter.correct(x: 3 * steps * Double(turn), y: 0, width: 40, height: 100, noise: noise)
        }
        filter.predict(steps: steps, wasSeen: true, noise: noise)
        #expect(abs(filter.x - 3 * steps * 61) < 1)
    }

    @Test("an unseen object keeps its size")
    func keepsSize() {
        var filter = MotionFilter(x: 0, y: 0, width: 40, height: 100, noise: noise)
        for turn in 1...20 {
            filter.predict(steps: 1, wasSeen: true, noise: noise)
            filter.correct(x: 0, y: 0, width: 40 + Double(turn), height: 100 + Double(turn), noise: noise)
        }
        filter.predict(steps: 1, wasSeen: false, noise: noise)
        let (width, height) = (filter.width, filter.height)
        for _ in 0..<30 { filter.predict(steps: 1, wasSeen: false, noise: noise) }
        #expect(filter.width == width)
        #expect(filter.height == height)
    }

    @Test("the camera follows what most pairs did, not the one that ran")
    func cameraTakesMedian() {
        var camera = CameraMotion()
        camera.beginPairs()
        for dx in [10.0, 10.2, 9.9, 10.1, -80] { camera.addPair(dx: dx, dy: 0, size: 40) }
        camera.settle(minimumPairs: 4, caution: 1, steadiness: 0, steps: 1)
        #expect(abs(camera.offsetX - 10) < 0.3)
        #expect(camera.offsetY == 0)
        camera.predict(steps: 1, momentum: 0.5)
        #expect(abs(camera.offsetX - 20) < 0.6)
    }

    @Test("too few pairs, or pairs that disagree, move no camera")
    func cameraDoubts() {
        var few = CameraMotion()
        few.beginPairs()
        for _ in 0..<3 { few.addPair(dx: 10, dy: 10, size: 40) }
        few.settle(minimumPairs: 4, caution: 1, steadiness: 0, steps: 1)
        #expect(few.offsetX == 0)
        var torn = CameraMotion()
        torn.beginPairs()
        for dx in [-60.0, -30, 5, 30, 60] { torn.addPair(dx: dx, dy: 0, size: 40) }
        torn.settle(minimumPairs: 4, caution: 1, steadiness: 0, steps: 1)
        #expect(abs(torn.offsetX) < 0.5)
    }

    @Test("a pan stands out against the objects' size, a tremble of their boxes does not")
    func cameraSteadiness() {
        func offset(after dx: Double) -> Double {
            var camera = CameraMotion()
            camera.beginPairs()
            for _ in 0..<6 { camera.addPair(dx: dx, dy: 0, size: 40) }
            camera.settle(minimumPairs: 4, caution: 1, steadiness: 0.05, steps: 1)
            return camera.offsetX
        }
        #expect(offset(after: 0.5) < 0.05)
        #expect(offset(after: 20) > 19.5)
    }

    @Test("the clock ascends whatever the time stamps say")
    func clockAscends() {
        var clock = FrameClock(frameRate: 25)
        let stamps: [Int64] = [0, 40, 40, 30, 70, 1000]
        let seconds = stamps.enumerated().map { number, stamp in
            clock.seconds(
                of: FrameDetections(
                    frame: number, time: MediaTime(ticks: stamp, timebase: .milliseconds), detections: []))
        }
        #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $0 < $1 })
        #expect(abs(seconds[2] - 0.08) < 1e-9)
    }

    @Test("a robust line passes an outlier by")
    func robustLine() {
        let times = (0..<12).map { Double($0) / 30 }
        var values = times.map { 5 + 60 * $0 }
        values[6] += 40
        let line = RobustLine(times: times, values: values)
        #expect(abs(line.value - 5) < 1e-6)
        #expect(abs(line.slope - 60) < 1e-6)
    }
}
