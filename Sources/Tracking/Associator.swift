import Glibc
import Model

/// One track that is alive.
struct LiveTrack {
    /// Counts every track ever begun, confirmed or not.
    var serial: Int
    var classID: Int
    var filter: MotionFilter
    var lastSeen: Double
    var hits: Int
    var confirmed: Bool
    /// Identifier given to users once confirmed; 0 before.
    var publicID = 0
    /// Detection of this frame, or -1.
    var detection = -1
    var ambiguity = 0.0
    var lastX = 0.0
    var lastY = 0.0
}

/// The frame step both trackers share: predict, associate in stages, correct, begin and end tracks.
struct Associator {
    let settings: TrackingSettings
    let geometry: PictureGeometry
    private let baseNoise: MotionNoise
    private var noise: MotionNoise
    private var typicalSteps = 0.0

    private(set) var tracks: [LiveTrack] = []
    private(set) var table = DetectionTable()
    private(set) var camera = CameraMotion()
    private var nextSerial = 0
    private(set) var now = 0.0
    private var frame = 0
    private var started = false
    private var solver = SparseAssignment()

    private var boxX: [Double] = []
    private var rows: [Int] = []
    private var taken: [Bool] = []
    private var rival: [Double] = []
    private var matched: [Double] = []

    init(settings: TrackingSettings, geometry: PictureGeometry) {
        self.settings = settings
        self.geometry = geometry
        baseNoise = MotionNoise(
            measurement: settings.measurementNoise, position: settings.processPosition,
            velocity: settings.processVelocity, sizeMeasurement: settings.sizeMeasurementNoise,
            sizeVelocity: settings.sizeProcessVelocity, initialVelocity: settings.initialVelocity,
            scaleMode: settings.scaleMode, verticalProcess: settings.verticalProcess,
            verticalMeasurement: settings.verticalMeasurement)
        noise = baseNoise.at(unit: pow(30 / max(geometry.frameRate, 1), 1 - settings.ratePower))
    }

    mutating func advance(_ input: FrameDetections) {
        let interval = step(to: input)
        let steps = interval * 30
        if steps > 0 {
            typicalSteps = typicalSteps > 0 ? typicalSteps * 0.9 + steps * 0.1 : steps
            noise = baseNoise.at(unit: pow(typicalSteps, 1 - settings.ratePower))
        }
        table.load(input.detections, lowScore: settings.lowScore)
        taken.removeAll(keepingCapacity: true)
        for _ in 0..<table.count { taken.append(false) }

        for index in tracks.indices {
            if tracks[index].detection < 0 {
                tracks[index].filter.velocityWidth *= settings.lostSizeVelocity
                tracks[index].filter.velocityHeight *= settings.lostSizeVelocity
                if settings.lostDamping > 0 {
                    let keep = exp(-interval / settings.lostDamping)
                    tracks[index].filter.velocityX *= keep
                    tracks[index].filter.velocityY *= keep
                }
            }
            tracks[index].filter.predict(steps: steps, noise: noise)
            tracks[index].detection = -1
        }
        if settings.camera {
            camera.predict(steps: steps, momentum: settings.cameraMomentum)
            estimateCamera(steps: steps)
        }

        // Confirmed tracks take the sure detections, …
        rows.removeAll(keepingCapacity: true)
        for index in tracks.indices where tracks[index].confirmed { rows.append(index) }
        associate(
            scores: settings.highScore...Double.infinity, buffer: settings.buffer,
            minimum: settings.minimumSimilarity)
        // … then those seen a moment ago the doubtful ones, …
        let lowLimit = max(settings.lowScorePatience, 1.5 * interval)
        rows.removeAll(keepingCapacity: true)
        for index in tracks.indices
        where tracks[index].confirmed && tracks[index].detection < 0 && now - tracks[index].lastSeen <= lowLimit {
            rows.append(index)
        }
        associate(
            scores: 0...settings.highScore, buffer: settings.lowBuffer, minimum: settings.lowMinimumSimilarity)
        // … and tracks not yet confirmed what is left.
        rows.removeAll(keepingCapacity: true)
        for index in tracks.indices where !tracks[index].confirmed { rows.append(index) }
        associate(
            scores: settings.startScore...Double.infinity, buffer: settings.tentativeBuffer,
            minimum: settings.tentativeMinimumSimilarity)

        correct()
        end(interval: interval)
        begin()
    }

    /// Seconds since the frame before.
    private mutating func step(to input: FrameDetections) -> Double {
        let time = input.time.seconds
        defer {
            now = time
            frame = input.frame
            started = true
        }
        guard started else { return 0 }
        let byTime = time - now
        if byTime > 0 { return byTime }
        return Double(max(1, input.frame - frame)) / max(geometry.frameRate, 1)
    }

    private mutating func estimateCamera(steps: Double) {
        rows.removeAll(keepingCapacity: true)
        for index in tracks.indices where tracks[index].confirmed && tracks[index].lastSeen >= previousTime && Double(tracks[index].hits) >= settings.cameraHits {
            rows.append(index)
        }
        guard Double(rows.count) >= settings.cameraPairs, steps > 0 else { return }
        for _ in 0..<Int(settings.cameraRounds) {
        match(scores: settings.highScore...Double.infinity, buffer: settings.cameraBuffer, minimum: 0.1)
        camera.beginPairs()
        for (row, index) in rows.enumerated() {
            let column = solver.columnOfRow[row]
            guard column >= 0 else { continue }
            let filter = tracks[index].filter
            camera.addPair(
                dx: table.x[column] - camera.offsetX - filter.x, dy: table.y[column] - camera.offsetY - filter.y,
                size: filter.height)
        }
        _ = camera.settle(
            minimumPairs: settings.cameraPairs, significance: settings.cameraSpread, steps: steps)
        }
    }

    private var previousTime: Double { lastTime }
    private var lastTime = 0.0

    private mutating func associate(scores: ClosedRange<Double>, buffer: Double, minimum: Double) {
        guard !rows.isEmpty else { return }
        match(scores: scores, buffer: buffer, minimum: minimum)
        solver.rivals(into: &rival, matched: &matched)
        for (row, index) in rows.enumerated() {
            let column = solver.columnOfRow[row]
            guard column >= 0 else { continue }
            tracks[index].detection = column
            let a = rival[column] > 0 ? (rival[column] + minimum) / (matched[column] + minimum) : 0
            tracks[index].ambiguity = min(a, 1.5)
            taken[column] = true
        }
    }

    /// Solves `rows` against the free detections within `scores`.
    private mutating func match(scores: ClosedRange<Double>, buffer: Double, minimum: Double) {
        solver.begin(columns: table.count)
        for index in rows {
            let filter = tracks[index].filter
            let classID = tracks[index].classID
            let (w, h) = (filter.width, filter.height)
            let lw = now - tracks[index].lastSeen > 0.2 ? settings.lastSeenWeight : 0
            let (cx, cy) = (
                filter.x * (1 - lw) + tracks[index].lastX * lw + camera.offsetX,
                filter.y * (1 - lw) + tracks[index].lastY * lw + camera.offsetY
            )
            let lost = min(now - tracks[index].lastSeen, 1.0)
            let grow = 0.5 + buffer + lost * settings.lostBuffer
            let (halfW, halfH) = (w * grow, h * grow)
            let tArea = 4 * halfW * halfH
            for d in 0..<table.count {
                if taken[d] { continue }
                let dw = table.width[d]
                let dHalfW = dw * (0.5 + buffer)
                let dx = abs(table.x[d] - cx)
                if dx >= halfW + dHalfW { continue }
                let dh = table.height[d]
                let dHalfH = dh * (0.5 + buffer)
                let dy = abs(table.y[d] - cy)
                if dy >= halfH + dHalfH { continue }
                if !scores.contains(table.score[d]) || table.classID[d] != classID { continue }
                let ow = min(halfW + dHalfW - dx, 2 * min(halfW, dHalfW))
                let oh = min(halfH + dHalfH - dy, 2 * min(halfH, dHalfH))
                let shared = ow * oh
                let iou = shared / (tArea + 4 * dHalfW * dHalfH - shared)
                let ratio: Double
                if settings.heightMode < 0.5 {
                    ratio = min(h, dh) / max(h, dh)
                } else if settings.heightMode < 1.5 {
                    ratio = oh / (2 * halfH + 2 * dHalfH - oh)
                } else {
                    let o = max(0, min((h + dh) / 2 - dy, min(h, dh)))
                    ratio = o / (h + dh - o)
                }
                let wr = min(w, dw) / max(w, dw)
                let similarity = power(iou, settings.iouPower) * power(ratio, settings.heightPower)
                    * power(wr, settings.widthPower) * power(min(h, dh) / max(h, dh), settings.ratioPower)
                solver.addEdge(
                    column: d,
                    weight: similarity * (1 - lost * settings.lostPenalty)
                        * (1 - settings.scorePenalty * (1 - table.score[d])) - minimum)
            }
            solver.closeRow()
        }
        solver.solve()
    }

    mutating func setPublicID(_ index: Int, _ id: Int) { tracks[index].publicID = id }

    private func power(_ ratio: Double, _ exponent: Double) -> Double {
        if exponent == 0 { return 1 }
        if exponent == 1 { return ratio }
        if exponent == 0.5 { return ratio.squareRoot() }
        if exponent == 2 { return ratio * ratio }
        return pow(ratio, exponent)
    }

    private mutating func correct() {
        for index in tracks.indices {
            let d = tracks[index].detection
            guard d >= 0 else { continue }
            tracks[index].filter.correct(
                x: table.x[d] - camera.offsetX, y: table.y[d] - camera.offsetY, width: table.width[d],
                height: table.height[d], noise: noise, trust: 1 + settings.scoreNoise * (1 - table.score[d]) + settings.ambiguityNoise * pow(tracks[index].ambiguity, settings.ambiguityPower))
            tracks[index].lastX = table.x[d] - camera.offsetX
            tracks[index].lastY = table.y[d] - camera.offsetY
            tracks[index].lastSeen = now
            tracks[index].hits += 1
            if tracks[index].hits >= settings.confirmationHits { tracks[index].confirmed = true }
        }
        lastTime = now
    }

    private mutating func end(interval: Double) {
        let width = Double(geometry.width)
        let height = Double(geometry.height)
        tracks.removeAll { track in
            let unseen = now - track.lastSeen
            if unseen <= 0 { return false }
            if !track.confirmed { return unseen > max(settings.tentativePatience, 0.5 * interval) }
            if unseen > max(settings.patience, 1.5 * interval) { return true }
            let cx = track.filter.x + camera.offsetX
            let cy = track.filter.y + camera.offsetY
            let mx = settings.exitMargin * track.filter.width
            let my = settings.exitMargin * track.filter.height
            return cx < -mx || cx > width + mx || cy < -my || cy > height + my
        }
    }

    private mutating func begin() {
        let existing = tracks.count
        for d in 0..<table.count where !taken[d] && table.score[d] >= settings.startScore {
            if settings.birthOverlap < 1, overlapsLive(d, upTo: existing) { continue }
            let filter = MotionFilter(
                x: table.x[d] - camera.offsetX, y: table.y[d] - camera.offsetY, width: table.width[d],
                height: table.height[d], noise: noise)
            tracks.append(
                LiveTrack(
                    serial: nextSerial, classID: table.classID[d], filter: filter, lastSeen: now, hits: 1,
                    confirmed: settings.confirmationHits <= 1, detection: d,
                    lastX: filter.x, lastY: filter.y))
            nextSerial += 1
        }
    }

    private func overlapsLive(_ d: Int, upTo: Int) -> Bool {
        for index in 0..<upTo where tracks[index].detection >= 0 {
            let e = tracks[index].detection
            let ow = min(
                table.width[d], table.width[e], (table.width[d] + table.width[e]) / 2 - abs(table.x[d] - table.x[e]))
            let oh = min(
                table.height[d], table.height[e], (table.height[d] + table.height[e]) / 2 - abs(table.y[d] - table.y[e])
            )
            if ow <= 0 || oh <= 0 { continue }
            let shared = ow * oh
            let union = table.width[d] * table.height[d] + table.width[e] * table.height[e] - shared
            if shared > settings.birthOverlap * union { return true }
        }
        return false
    }
}
