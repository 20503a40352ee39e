import Model

extension OutputDecoder {
    /// A box in input pixels with the class that scored best.
    struct Candidate {
        var x1: Float
        var y1: Float
        var x2: Float
        var y2: Float
        var score: Float
        var classID: Int
    }

    /// Reads the boxes of picture `item` of the batch that score at least `threshold`. Values that are not numbers,
    /// empty boxes and classes that do not exist are dropped: a model may return anything.
    func candidates(in output: OutputTensor, item: Int, classCount: Int, threshold: Float) -> [Candidate] {
        switch self {
        case .paddleNMS: rows(output, item: 0, classCount: classCount, threshold: threshold, classFirst: true)
        case .yoloEndToEnd: rows(output, item: item, classCount: classCount, threshold: threshold, classFirst: false)
        case .yoloAnchorFree: anchorFree(output, item: item, classCount: classCount, threshold: threshold)
        case .yoloObjectness: objectness(output, item: item, classCount: classCount, threshold: threshold)
        case .yolo: []
        }
    }

    private func rows(
        _ output: OutputTensor, item: Int, classCount: Int, threshold: Float, classFirst: Bool
    ) -> [Candidate] {
        guard output.shape.count >= 2, output.shape.last == 6 else { return [] }
        let rows = output.shape[output.shape.count - 2]
        var found: [Candidate] = []
        for row in 0..<rows {
            let at = (item * rows + row) * 6
            let (score, box, type) = classFirst ? (at + 1, at + 2, at) : (at + 4, at, at + 5)
            found.append(
                validated: unsafe Candidate(
                    x1: output.values[box], y1: output.values[box + 1], x2: output.values[box + 2],
                    y2: output.values[box + 3], score: output.values[score],
                    classID: Int(exactly: output.values[type].rounded()) ?? -1),
                classCount: classCount, threshold: threshold)
        }
        return found
    }

    private func anchorFree(
        _ output: OutputTensor, item: Int, classCount: Int, threshold: Float
    ) -> [Candidate] {
        guard output.shape.count == 3, output.shape[1] == 4 + classCount else { return [] }
        let anchors = output.shape[2]
        // Channel by channel, as the memory lies: the best class of every anchor first.
        var best = [Float](repeating: -.infinity, count: anchors)
        var bestClass = [Int32](repeating: -1, count: anchors)
        let base = item * (4 + classCount) * anchors
        for type in 0..<classCount {
            let row = base + (4 + type) * anchors
            for anchor in 0..<anchors {
                let score = unsafe output.values[row + anchor]
                if score > best[anchor] {
                    best[anchor] = score
                    bestClass[anchor] = Int32(type)
                }
            }
        }
        var found: [Candidate] = []
        for anchor in 0..<anchors where best[anchor] >= threshold {
            let at = base + anchor
            let (x, y) = unsafe (output.values[at], output.values[at + anchors])
            let (w, h) = unsafe (output.values[at + 2 * anchors], output.values[at + 3 * anchors])
            found.append(
                validated: Candidate(
                    x1: x - w / 2, y1: y - h / 2, x2: x + w / 2, y2: y + h / 2, score: best[anchor],
                    classID: Int(bestClass[anchor])),
                classCount: classCount, threshold: threshold)
        }
        return found
    }

    private func objectness(
        _ output: OutputTensor, item: Int, classCount: Int, threshold: Float
    ) -> [Candidate] {
        guard output.shape.count == 3, output.shape[2] == 5 + classCount else { return [] }
        let (anchors, stride) = (output.shape[1], output.shape[2])
        var found: [Candidate] = []
        for anchor in 0..<anchors {
            let at = (item * anchors + anchor) * stride
            let object = unsafe output.values[at + 4]
            guard object >= threshold else { continue }  // class scores are at most 1
            var (best, bestClass) = (-Float.infinity, -1)
            for type in 0..<classCount {
                let score = unsafe output.values[at + 5 + type]
                if score > best { (best, bestClass) = (score, type) }
            }
            let (x, y) = unsafe (output.values[at], output.values[at + 1])
            let (w, h) = unsafe (output.values[at + 2], output.values[at + 3])
            found.append(
                validated: Candidate(
                    x1: x - w / 2, y1: y - h / 2, x2: x + w / 2, y2: y + h / 2, score: object * best,
                    classID: bestClass),
                classCount: classCount, threshold: threshold)
        }
        return found
    }
}

extension [OutputDecoder.Candidate] {
    fileprivate mutating func append(
        validated candidate: OutputDecoder.Candidate, classCount: Int, threshold: Float
    ) {
        let corners = [candidate.x1, candidate.y1, candidate.x2, candidate.y2]
        guard candidate.score >= threshold, candidate.score.isFinite, corners.allSatisfy(\.isFinite),
            candidate.x2 > candidate.x1, candidate.y2 > candidate.y1,
            (0..<classCount).contains(candidate.classID)
        else { return }
        append(candidate)
    }
}
