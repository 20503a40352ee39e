import Testing

@testable import Tracking

@Suite("Returns across a side of the picture")
struct ReturnTests {
    @Test("entries that fit the exits before them are returns, others newcomers")
    func shareFollowsEvidence() {
        var match = ReturnShare()
        for _ in 0..<20 { match.add(entryWithRatio: 5) }
        #expect(match.estimate > 0.85)
        var bench = ReturnShare()
        for _ in 0..<20 { bench.add(entryWithRatio: 0.1) }
        #expect(bench.estimate < 0.15)
        #expect(ReturnShare().estimate == 0.5)
        #expect(ReturnShare().logOdds == 0)
    }

    @Test("the camera's path over a pan there and back ends where it began")
    func cameraPathHolds() {
        var scene = Scene(seconds: 6)
        // Sways 900 pixels to the right and back.
        let camera = { (time: Double) in time < 3 ? -300 * time : -300 * (6 - time) }
        for index in 0..<12 {
            scene.add { time in
                let x = 200 + 180 * Double(index) + camera(time)
                return (30...1250).contains(x) ? Scene.Appearance(x: x, y: 300 + 10 * Double(index % 3)) : nil
            }
        }
        let geometry = PictureGeometry(width: 1280, height: 720, frameRate: 30)
        let recording = Recording(scene.frames(seed: 3).map(\.input), geometry: geometry)
        let settings = TrackingSettings()
        let pass = TrackingPass.passes(over: recording, variants: [settings], isReversed: false)[0]
        let path = CameraPath(links: pass.next, recording, pass: pass, settings: settings.camera)
        #expect(abs((path.x.min() ?? 0) + 900) < 40)
        #expect(abs(path.x[path.x.count - 1]) < 30)
        #expect(path.y.allSatisfy { abs($0) < 15 })
        var still = settings.camera
        still.isEstimated = false
        let fixed = CameraPath(links: pass.next, recording, pass: pass, settings: still)
        #expect(fixed.x.allSatisfy { $0 == 0 })
    }

    @Test("a return that the camera caused is believed sooner than one it did not")
    func panSpeaksForReturn() {
        var settings = TrackingSettings().linking
        settings.reentryBias = -1.5
        func piece(_ steps: ClosedRange<Int>) -> Tracklet {
            Tracklet(
                classID: 0,
                points: steps.map {
                    Tracklet.Point(
                        step: $0, time: Double($0) / 30, x: 10, y: 300, width: 40, height: 100, score: 0.9,
                        side: .left, isDetected: true)
                })
        }
        let end = EndState.end(of: piece(0...20), span: settings.span)
        let start = EndState.start(of: piece(80...100), span: settings.span)
        let swing = (0...100).map { (25...75).contains($0) ? -400.0 : 0 }
        let still = LinkEvidence(settings: settings, cameraX: Array(repeating: 0, count: 101)).evidence(end, start)
        let swung = LinkEvidence(settings: settings, cameraX: swing).evidence(end, start)
        #expect(still < 0)
        #expect(swung > 0)
    }
}
