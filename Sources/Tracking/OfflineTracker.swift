import Model

/// Tracks a whole recording, looking both ways in time.
///
/// Passes of the frame step, forwards and backwards, vote on which detection continues which (``LinkConsensus``); the
/// pieces are linked across gaps by motion (``TrackletLinker``); short and weak tracks are dropped, short gaps filled,
/// boxes smoothed. Deterministic; tracks are formed per class. Settings out of range
/// (``TrackingSettings/validate()``) give poor tracks, never a trap.
package struct OfflineTracker: Sendable {
    private let settings: TrackingSettings
    private let geometry: PictureGeometry

    package init(settings: TrackingSettings = TrackingSettings(), geometry: PictureGeometry) {
        self.settings = settings
        self.geometry = geometry
    }

    /// The tracks, numbered from 1 in the order of their first frames.
    /// - Parameter frames: strictly ascending; any may be left out (stride). Only these frames get boxes.
    package func tracks(from frames: [FrameDetections]) -> [Track] {
        var pieces = pieces(of: frames)
        if settings.linking.isEnabled {
            var linker = TrackletLinker(settings: settings.linking, cameraX: pieces.camera.x)
            pieces.tracklets = linker.link(pieces.tracklets)
        }
        return finished(pieces)
    }

    /// Pieces of track before anything was joined across gaps.
    struct Pieces {
        let recording: Recording
        let camera: CameraPath
        var tracklets: [Tracklet]
    }

    /// What the passes agree on.
    func pieces(of frames: [FrameDetections]) -> Pieces {
        let recording = Recording(frames, geometry: geometry)
        let variants = settings.offline.consensus ? [settings.steady, settings.agile] : [settings.steady]
        let forward = TrackingPass.passes(over: recording, variants: variants, isReversed: false)
        let links = links(over: recording, variants: variants, forward: forward)
        let camera = CameraPath(links: links, recording, pass: forward[0], settings: settings.camera)
        return Pieces(
            recording: recording, camera: camera, tracklets: tracklets(linked: links, recording, camera: camera))
    }

    /// The tracks, and who they are: pieces are cut, joined and named by what was seen of their numbers and colours.
    ///
    /// Without sightings these are ``tracks(from:)``.
    /// - Parameters:
    ///   - frames: as for ``tracks(from:)``.
    ///   - sightings: in any order; those of which no detection is found are left out.
    package func identifiedTracks(
        from frames: [FrameDetections], sightings: [Sighting], settings identity: IdentitySettings = IdentitySettings()
    ) -> [IdentifiedTrack] {
        guard !sightings.isEmpty else { return tracks(from: frames).map { IdentifiedTrack(track: $0) } }
        let pieces = pieces(of: frames)
        let table = SightingTable(sightings, pieces.recording, settings: identity)
        let resolution = IdentityResolution(
            settings: identity, linking: settings.linking, recording: pieces.recording, camera: pieces.camera,
            table: table)
        return finished(resolution.resolve(pieces.tracklets), pieces)
    }

    /// Drops what is not worth keeping, numbers the rest, fills and smooths.
    func finished(_ pieces: Pieces) -> [Track] {
        finished(pieces.tracklets.map { ($0, nil) }, pieces).map(\.track)
    }

    private func finished(_ named: [(tracklet: Tracklet, identity: Identity?)], _ pieces: Pieces) -> [IdentifiedTrack] {
        named.filter { isWorthKeeping($0.tracklet, stride: pieces.recording.stride) }
            .sorted { a, b in
                let (first, second) = (a.tracklet.first, b.tracklet.first)
                return (first.step, first.x) < (second.step, second.x)
            }
            .enumerated().map { rank, named in
                let track = Track(
                    id: rank + 1, classID: named.tracklet.classID,
                    observations: observations(of: named.tracklet, pieces.recording, camera: pieces.camera))
                return IdentifiedTrack(track: track, identity: named.identity)
            }
    }

    private func links(
        over recording: Recording, variants: [TrackingSettings], forward: [TrackingPass]
    ) -> [Int32] {
        var consensus = LinkConsensus(minimumShare: settings.offline.minimumVotes)
        for pass in forward { consensus.add(pass) }
        if settings.offline.consensus {
            let weight = 1 - settings.offline.backwardDiscount
            for pass in TrackingPass.passes(over: recording, variants: variants, isReversed: true) {
                consensus.add(pass, weight: weight)
            }
        }
        return consensus.links()
    }

    /// Follows the links; a detection without any is no track.
    private func tracklets(linked next: [Int32], _ recording: Recording, camera: CameraPath) -> [Tracklet] {
        var isContinuation = [Bool](repeating: false, count: next.count)
        for successor in next where successor >= 0 { isContinuation[Int(successor)] = true }
        var stepOfDetection: [Int32] = []
        stepOfDetection.reserveCapacity(next.count)
        for (step, frame) in recording.frames.enumerated() {
            for _ in frame.detections { stepOfDetection.append(Int32(step)) }
        }
        var tracklets: [Tracklet] = []
        for head in next.indices where !isContinuation[head] && next[head] >= 0 {
            var points: [Tracklet.Point] = []
            var classID = 0
            var detection = head
            while detection >= 0 {
                let step = Int(stepOfDetection[detection])
                let found = recording.frames[step].detections[detection - recording.offsets[step]]
                classID = found.classID
                points.append(
                    Tracklet.Point(
                        step: step, time: recording.times[step], x: found.box.centerX - camera.x[step],
                        y: found.box.centerY - camera.y[step], width: found.box.width, height: found.box.height,
                        score: found.score,
                        side: Tracklet.Side(
                            minX: found.box.x, maxX: found.box.maxX, pictureWidth: Double(geometry.width)),
                        isDetected: true, detection: detection))
                detection = Int(next[detection])
            }
            tracklets.append(Tracklet(classID: classID, points: points))
        }
        return tracklets
    }

    private func isWorthKeeping(_ tracklet: Tracklet, stride: Double) -> Bool {
        let count = tracklet.points.count
        let least = settings.offline.minimumDetections
        let sum = tracklet.points.reduce(0) { $0 + $1.score }
        return Double(count) >= max(min(2, Double(least)), Double(least) / stride)
            && sum >= settings.offline.minimumMeanScore * Double(count)
    }

    private func observations(
        of tracklet: Tracklet, _ recording: Recording, camera: CameraPath
    ) -> [Track.Observation] {
        let smoothing = settings.smoothing
        var points = GapFilling.fill(
            tracklet.points, times: recording.times, longest: smoothing.longestFilledGap)
        let (position, size) = (smoothing.position / recording.stride, smoothing.size / recording.stride)
        if position > 0 { TrackSmoothing(sigma: position).smooth(&points, \.x, \.y) }
        if size > 0 { TrackSmoothing(sigma: size).smooth(&points, \.width, \.height) }
        return points.map { point in
            let frame = recording.frames[point.step]
            // A line through shrinking sizes may reach below nothing.
            let (width, height) = (max(point.width, 1e-3), max(point.height, 1e-3))
            return Track.Observation(
                frame: frame.frame, time: frame.time,
                box: Box(
                    x: point.x + camera.x[point.step] - width / 2,
                    y: point.y + camera.y[point.step] - height / 2, width: width, height: height),
                score: point.score, origin: point.isDetected ? .detected : .interpolated)
        }
    }
}

extension TrackingSettings {
    /// For passes that believe in velocities: boxes may stand off far from where they are expected.
    fileprivate var steady: TrackingSettings {
        var steady = self
        steady.motion.displacement = offline.steadyDisplacement
        steady.association.buffer = offline.steadyBuffer
        steady.camera.steadiness = offline.cameraSteadiness
        return steady
    }

    /// For passes that believe in positions: objects dart about, boxes must overlap as they are, and the camera moves
    /// on steadily. They err at other crossings than the steady ones, which is what makes a vote worth while.
    fileprivate var agile: TrackingSettings {
        var agile = self
        agile.motion.displacement = offline.agileDisplacement
        agile.association.buffer = offline.agileBuffer
        agile.association.doubtfulMinimumSimilarity = min(1, association.doubtfulMinimumSimilarity + 0.1)
        agile.confidentScore = min(1, confidentScore + 0.1)
        agile.camera.steadiness = offline.cameraSteadiness
        agile.camera.momentum = max(camera.momentum, 0.95)
        return agile
    }
}
