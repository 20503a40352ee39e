import Model

/// The frame step that both trackers share: predict, associate in stages, correct, end and begin tracks.
///
/// The stages are ByteTrack's (2022): sure detections first, then doubtful ones for tracks seen a moment ago, then
/// what is left for tracks not yet confirmed. Buffers are kept between frames; memory is bounded by the tracks alive.
struct Associator {
    private let settings: TrackingSettings
    private let geometry: PictureGeometry
    private let patience: Double
    private let baseNoise: MotionNoise
    private var noise: MotionNoise
    /// Running mean of the frames' distance, in steps of 1/30 s.
    private var typicalSteps: Double?

    private(set) var tracks: [LiveTrack] = []
    private(set) var table = DetectionTable()
    private(set) var camera = CameraMotion()
    /// Time of the current frame in seconds.
    private(set) var now = 0.0
    private var previous: Double?
    private var nextSerial = 0

    private var solver = SparseAssignment()
    /// Positions in `tracks` of the rows of the assignment at hand.
    private var rows: [Int] = []
    /// Whether each detection has been given to a track.
    private var taken: [Bool] = []

    /// - Parameter patience: seconds that a confirmed track is kept without a detection.
    init(settings: TrackingSettings, geometry: PictureGeometry, patience: Double) {
        self.settings = settings
        self.geometry = geometry
        self.patience = patience
        baseNoise = MotionNoise(settings.motion)
        noise = baseNoise
    }

    /// Takes in the next frame, at `time` seconds, later than the one before. Afterwards ``tracks`` holds the tracks
    /// that are alive, those seen in this frame with their detection.
    mutating func advance(_ detections: [Detection], time: Double) {
        table.load(detections, minimumScore: settings.minimumScore)
        advance(time: time)
    }

    /// The same for a frame already read.
    mutating func advance(_ frame: DetectionTable, time: Double) {
        table = frame
        advance(time: time)
    }

    private mutating func advance(time: Double) {
        let interval = previous.map { time - $0 } ?? 0
        now = time
        taken.removeAll(keepingCapacity: true)
        for _ in 0..<table.count { taken.append(false) }
        if interval > 0 { predict(steps: interval * 30) }
        associate(interval: interval)
        correct()
        end(interval: interval)
        begin()
        previous = time
    }

    private mutating func predict(steps: Double) {
        let typical = typicalSteps.map { 0.9 * $0 + 0.1 * steps } ?? steps
        typicalSteps = typical
        let noise = baseNoise.adapted(toSteps: typical)
        self.noise = noise
        for index in tracks.indices {
            let wasSeen = tracks[index].detection != nil
            tracks[index].filter.predict(steps: steps, wasSeen: wasSeen, noise: noise)
            tracks[index].detection = nil
        }
        guard settings.camera.isEstimated else { return }
        camera.predict(steps: steps, momentum: settings.camera.momentum)
        estimateCamera(steps: steps)
    }

    /// Matches the tracks seen in the frame before with sure detections, closely, to see what all of them did.
    private mutating func estimateCamera(steps: Double) {
        let previous = previous
        chooseRows { $0.isConfirmed && $0.lastSeen == previous }
        guard rows.count >= settings.camera.minimumPairs else { return }
        match(scores: settings.confidentScore...Double.infinity, buffer: 0.1, minimum: 0.1)
        camera.beginPairs()
        for row in rows.indices {
            guard let column = solver.column(ofRow: row) else { continue }
            let filter = tracks[rows[row]].filter
            camera.addPair(
                dx: table.x[column] - camera.offsetX - filter.x, dy: table.y[column] - camera.offsetY - filter.y,
                size: (table.width[column] * table.height[column]).squareRoot())
        }
        camera.settle(
            minimumPairs: settings.camera.minimumPairs, caution: settings.camera.caution,
            steadiness: settings.camera.steadiness, steps: steps)
    }

    private mutating func associate(interval: Double) {
        let association = settings.association
        chooseRows { $0.isConfirmed }
        assign(
            scores: settings.confidentScore...Double.infinity, buffer: association.buffer,
            minimum: association.minimumSimilarity)
        // At a low frame rate "a moment ago" is at least the frame before.
        let earliest = now - max(association.doubtfulPatience, 1.5 * interval)
        chooseRows { $0.isConfirmed && $0.detection == nil && $0.lastSeen >= earliest }
        assign(
            scores: 0...settings.confidentScore, buffer: association.doubtfulBuffer,
            minimum: association.doubtfulMinimumSimilarity)
        chooseRows { !$0.isConfirmed }
        assign(
            scores: settings.startScore...Double.infinity, buffer: association.tentativeBuffer,
            minimum: association.tentativeMinimumSimilarity)
    }

    private mutating func chooseRows(where isChosen: (LiveTrack) -> Bool) {
        rows.removeAll(keepingCapacity: true)
        for index in tracks.indices where isChosen(tracks[index]) { rows.append(index) }
    }

    /// Gives free detections with `scores` to the chosen tracks.
    private mutating func assign(scores: ClosedRange<Double>, buffer: Double, minimum: Double) {
        guard !rows.isEmpty else { return }
        match(scores: scores, buffer: buffer, minimum: minimum)
        for row in rows.indices {
            guard let column = solver.column(ofRow: row) else { continue }
            tracks[rows[row]].detection = column
            taken[column] = true
        }
    }

    /// Solves the assignment of the chosen tracks and the free detections with `scores`.
    private mutating func match(scores: ClosedRange<Double>, buffer: Double, minimum: Double) {
        let doubtPenalty = settings.association.doubtPenalty
        solver.begin(columns: table.count)
        for index in rows {
            let classID = tracks[index].classID
            let expected = GrownBox(tracks[index].filter, camera: camera, buffer: buffer)
            table.forEachRow(near: expected.minX, expected.maxX, buffer: buffer) { column in
                guard !taken[column], scores.contains(table.score[column]), table.classID[column] == classID else {
                    return
                }
                let similarity = expected.similarity(
                    x: table.x[column], y: table.y[column], width: table.width[column],
                    height: table.height[column])
                let trusted = similarity * (1 - doubtPenalty * (1 - min(1, table.score[column])))
                solver.addEdge(column: column, weight: trusted - minimum)
            }
            solver.closeRow()
        }
        solver.solve()
    }

    private mutating func correct() {
        let noise = noise
        for index in tracks.indices {
            guard let row = tracks[index].detection else { continue }
            tracks[index].filter.correct(
                x: table.x[row] - camera.offsetX, y: table.y[row] - camera.offsetY, width: table.width[row],
                height: table.height[row], noise: noise)
            tracks[index].lastSeen = now
            tracks[index].lastScore = table.score[row]
            tracks[index].hits += 1
            if tracks[index].hits >= settings.confirmationHits { tracks[index].isConfirmed = true }
        }
    }

    /// Ends tracks that were lost too long, that were never confirmed, or whose centre left the picture unseen.
    private mutating func end(interval: Double) {
        let kept = max(patience, 1.5 * interval)
        let (width, height) = (Double(geometry.width), Double(geometry.height))
        let (now, camera) = (now, camera)
        tracks.removeAll { track in
            if track.detection != nil { return false }
            if !track.isConfirmed || now - track.lastSeen > kept { return true }
            let x = track.filter.x + camera.offsetX
            let y = track.filter.y + camera.offsetY
            return !(x >= 0 && x <= width && y >= 0 && y <= height)
        }
    }

    private mutating func begin() {
        for row in 0..<table.count where !taken[row] && table.score[row] >= settings.startScore {
            let filter = MotionFilter(
                x: table.x[row] - camera.offsetX, y: table.y[row] - camera.offsetY, width: table.width[row],
                height: table.height[row], noise: noise)
            tracks.append(
                LiveTrack(
                    serial: nextSerial, classID: table.classID[row], filter: filter, lastSeen: now,
                    lastScore: table.score[row], hits: 1, isConfirmed: settings.confirmationHits <= 1, detection: row))
            nextSerial += 1
        }
    }
}
