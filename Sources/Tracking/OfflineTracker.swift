import Model

/// Tracks a whole recording in two passes.
package struct OfflineTracker: Sendable {
    let settings: TrackingSettings
    let geometry: PictureGeometry

    package init(settings: TrackingSettings = TrackingSettings(), geometry: PictureGeometry) {
        self.settings = settings
        self.geometry = geometry
    }

    package func tracks(from frames: [FrameDetections]) -> [Track] {
        var first = settings
        first.patience = settings.offlinePatience
        var core = Associator(settings: first, geometry: geometry)
        var tracklets: [Tracklet] = []
        var cameraX: [Double] = []
        var cameraY: [Double] = []
        var times: [Double] = []
        for (step, frame) in frames.enumerated() {
            core.advance(frame)
            cameraX.append(core.camera.offsetX)
            cameraY.append(core.camera.offsetY)
            times.append(core.now)
            for track in core.tracks where track.detection >= 0 {
                if track.serial == tracklets.count { tracklets.append(Tracklet(classID: track.classID, points: [])) }
                let d = track.detection
                tracklets[track.serial].points.append(
                    Tracklet.Point(
                        step: step, time: core.now, x: core.table.x[d] - core.camera.offsetX,
                        y: core.table.y[d] - core.camera.offsetY, width: core.table.width[d],
                        height: core.table.height[d], score: core.table.score[d], detected: true))
            }
        }
        tracklets.removeAll { Double($0.points.count) < settings.minimumTrack }
        if settings.linking.enabled {
            var linker = TrackletLinker(settings: settings.linking)
            tracklets = linker.link(tracklets, window: settings.linking.shortWindow)
            tracklets = linker.link(tracklets, window: settings.linking.longWindow)
        }
        tracklets.removeAll {
            let n = Double($0.points.count)
            let mean = $0.points.reduce(0) { $0 + $1.score } / n
            return n < settings.finalMinimum || mean < settings.finalScore
        }
        tracklets.sort { ($0.points[0].step, $0.points[0].x) < ($1.points[0].step, $1.points[0].x) }

        var result: [Track] = []
        for tracklet in tracklets {
            var points = TrackSmoothing.fillGaps(
                tracklet.points, times: times, limit: settings.interpolation, bridge: 0)
            points = TrackSmoothing.smooth(points, position: settings.smoothPosition, size: settings.smoothSize)
            let observations = points.map { point in
                Track.Observation(
                    frame: frames[point.step].frame, time: frames[point.step].time,
                    box: Box(
                        x: point.x + cameraX[point.step] - point.width / 2,
                        y: point.y + cameraY[point.step] - point.height / 2, width: point.width,
                        height: point.height),
                    score: point.score, origin: point.detected ? .detected : .interpolated)
            }
            result.append(Track(id: result.count + 1, classID: tracklet.classID, observations: observations))
        }
        return result
    }
}
