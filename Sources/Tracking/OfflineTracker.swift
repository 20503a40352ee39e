import Model

/// Tracks a whole recording in two passes.
package struct OfflineTracker: Sendable {
    let settings: TrackingSettings
    let geometry: PictureGeometry

    package init(settings: TrackingSettings = TrackingSettings(), geometry: PictureGeometry) {
        self.settings = settings
        self.geometry = geometry
    }

    struct FirstPass {
        var tracklets: [Tracklet] = []
        var cameraX: [Double] = []
        var cameraY: [Double] = []
        var times: [Double] = []
    }

    func firstPass(_ frames: [FrameDetections]) -> FirstPass {
        var bases: [Int] = []
        var total = 0
        for frame in frames {
            bases.append(total)
            total += frame.detections.count
        }
        var base = settings
        base.patience = settings.offlinePatience
        var pass = run(frames, bases: bases, base)
        if settings.agreement > 0 {
            var agile = base
            agile.cameraMomentum = 0.95
            agile.processPosition = settings.agileProcess
            agile.buffer = settings.agileBuffer
            agile.highScore = 0.6
            agile.lowMinimumSimilarity = 0.4
            agile.scorePenalty = settings.agileScorePenalty
            // The same recording backwards in time.
            let count = frames.count
            var reversed: [FrameDetections] = []
            for step in 0..<count {
                var frame = frames[count - 1 - step]
                frame.time = MediaTime(ticks: -frame.time.ticks, timebase: frame.time.timebase)
                frame.frame = -frame.frame
                reversed.append(frame)
            }
            let back: [Int] = bases.reversed()
            struct Vote { var to: Int; var weight: Double }
            var votes = [[Vote]](repeating: [], count: total)
            var points = [Tracklet.Point?](repeating: nil, count: total)
            func cast(_ from: Tracklet.Point, _ to: Tracklet.Point, _ weight: Double) {
                if let index = votes[from.detection].firstIndex(where: { $0.to == to.detection }) {
                    votes[from.detection][index].weight += weight
                } else {
                    votes[from.detection].append(Vote(to: to.detection, weight: weight))
                }
            }
            func poll(_ result: FirstPass, reversed: Bool, _ weight: Double) {
                for tracklet in result.tracklets where Double(tracklet.points.count) >= settings.minimumTrack {
                    for index in tracklet.points.indices.dropFirst() {
                        if reversed { cast(tracklet.points[index], tracklet.points[index - 1], weight) } else { cast(tracklet.points[index - 1], tracklet.points[index], weight) }
                    }
                    for point in tracklet.points {
                        var p = point
                        if reversed {
                            let step = count - 1 - point.step
                            p.step = step
                            p.time = pass.times[step]
                            p.x = point.x + result.cameraX[point.step] - pass.cameraX[step]
                            p.y = point.y + result.cameraY[point.step] - pass.cameraY[step]
                        } else {
                            p.x = point.x + result.cameraX[point.step] - pass.cameraX[point.step]
                            p.y = point.y + result.cameraY[point.step] - pass.cameraY[point.step]
                        }
                        if points[point.detection] == nil { points[point.detection] = p }
                    }
                }
            }
            var sum = settings.voteBase * 2
            poll(pass, reversed: false, settings.voteBase)
            poll(run(reversed, bases: back, base), reversed: true, settings.voteBase * settings.voteBack)
            if settings.agreement > 1 {
                poll(run(frames, bases: bases, agile), reversed: false, 1)
                poll(run(reversed, bases: back, agile), reversed: true, settings.voteBack)
                sum += 2
            }
            var solver = SparseAssignment()
            solver.begin(columns: total)
            for row in 0..<total {
                for vote in votes[row] { solver.addEdge(column: vote.to, weight: vote.weight / sum - settings.minimumVotes) }
                solver.closeRow()
            }
            solver.solve()
            var merged: [Tracklet] = []
            for head in 0..<total where solver.rowOfColumn[head] < 0 {
                guard let first = points[head] else { continue }
                var tracklet = Tracklet(classID: 0, points: [first])
                var tail = solver.columnOfRow[head]
                while tail >= 0 {
                    if let point = points[tail] { tracklet.points.append(point) }
                    tail = solver.columnOfRow[tail]
                }
                merged.append(tracklet)
            }
            pass.tracklets = merged
        }
        pass.tracklets.removeAll { Double($0.points.count) < settings.minimumTrack }
        return pass
    }

    private func run(_ frames: [FrameDetections], bases: [Int], _ settings: TrackingSettings) -> FirstPass {
        var core = Associator(settings: settings, geometry: geometry)
        var pass = FirstPass()
        for (step, frame) in frames.enumerated() {
            core.advance(frame)
            pass.cameraX.append(core.camera.offsetX)
            pass.cameraY.append(core.camera.offsetY)
            pass.times.append(core.now)
            for track in core.tracks where track.detection >= 0 {
                if track.serial == pass.tracklets.count {
                    pass.tracklets.append(Tracklet(classID: track.classID, points: []))
                }
                let d = track.detection
                pass.tracklets[track.serial].points.append(
                    Tracklet.Point(
                        step: step, time: core.now, x: core.table.x[d] - core.camera.offsetX,
                        y: core.table.y[d] - core.camera.offsetY, width: core.table.width[d],
                        height: core.table.height[d], score: core.table.score[d],
                        detection: bases[step] + core.table.source[d],
                        side: side(core.table.x[d], core.table.width[d]), detected: true))
            }
        }
        return pass
    }

    private func side(_ center: Double, _ width: Double) -> Int {
        let picture = Double(geometry.width)
        if center - width / 2 < 0.015 * picture { return -1 }
        return center + width / 2 > 0.985 * picture ? 1 : 0
    }

    package func tracks(from frames: [FrameDetections]) -> [Track] {
        let pass = firstPass(frames)
        var tracklets = pass.tracklets
        let (cameraX, cameraY, times) = (pass.cameraX, pass.cameraY, pass.times)
        if settings.linking.enabled {
            var linker = TrackletLinker(settings: settings.linking)
            tracklets = linker.link(tracklets, window: settings.linking.shortWindow)
            for window in [settings.linking.middleWindow, settings.linking.wideWindow, settings.linking.longWindow] {
                tracklets = linker.link(tracklets, window: window)
            }
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
