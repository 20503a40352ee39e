import Media

/// Decides where scenes begin, from numbers that were taken of every frame. Pure: the same numbers, the same cuts.
///
/// The measure is that of PySceneDetect's ContentDetector (B. Castellano, 2014 on): the mean of the differences of hue,
/// saturation and value from frame to frame, 0...255. It is counted over the channels that a picture has: a grey video
/// is judged by its brightness alone, and hue counts the short way round its circle. What is added:
/// - a flash is no cut: pictures shortly before and shortly after it are alike;
/// - fast camera work is no cut: a cut stands out from the frames around it;
/// - a passage through black is one cut, where the new picture comes up;
/// - a dissolve is one cut in its middle: pictures half a second apart differ, and those between are mixtures of them.
struct SceneCutter: Sendable {
    struct Cut: Hashable, Sendable {
        enum Kind: String, Hashable, Sendable {
            case cut, fade, dissolve
        }

        /// Position in the frames, the first of the new scene.
        var position: Int
        var kind: Kind
        /// 0...255.
        var score: Float
    }

    enum Method: Hashable, Sendable {
        /// The score reaches the threshold.
        case content
        /// The score is `ratio` times its neighbours', and reaches half the threshold (PySceneDetect's AdaptiveDetector).
        case adaptive(ratio: Float)
    }

    let method: Method
    let threshold: Float
    let frameRate: Double

    /// Times its neighbours' mean score that a cut's is at least.
    private static let prominence: Float = 1.8
    /// Frames on each side that count as neighbours.
    private static let neighbours = 2
    /// A flash lasts this long at most, in seconds.
    private static let flashSeconds = 0.4
    /// Parts of the difference at a cut up to which two pictures are alike.
    private static let likeness: Float = 0.35
    /// Mean and highest brightness of black.
    private static let (blackMean, blackHighest): (Float, UInt8) = (16, 48)
    /// Lengths of dissolves that are looked for, in seconds.
    private static let dissolveSeconds = [0.5, 1.0]
    /// Parts of the threshold that the ends of a dissolve differ by.
    private static let dissolveShare: Float = 0.6
    /// Parts of that difference by which the pictures between may miss a mixture.
    private static let mixtureError: Float = 0.2

    /// - Parameter frames: ascending.
    /// - Returns: cuts in ascending order, however close.
    func cuts(in frames: [SceneFrame]) -> [Cut] {
        guard frames.count > 1 else { return [] }
        let colour = frames.indices.map { position in
            // Share of colour in this picture and the one before: 1 from a mean saturation of 32 on.
            let saturation = max(
                frames[position].thumbnail.meanSaturation, frames[max(0, position - 1)].thumbnail.meanSaturation)
            return min(1, saturation / 32)
        }
        let scores = frames.indices.map { position -> Float in
            guard position > 0, let difference = frames[position].difference else { return 0 }
            let share = colour[position]
            return (difference.value + share * (difference.hue + difference.saturation)) / (1 + 2 * share)
        }
        var cuts = hardCuts(frames, scores, colour)
        cuts += fades(frames, besides: cuts)
        cuts += dissolves(frames, colour, besides: cuts)
        return cuts.sorted { $0.position < $1.position }
    }

    // MARK: Hard cuts

    private func hardCuts(_ frames: [SceneFrame], _ scores: [Float], _ colour: [Float]) -> [Cut] {
        scores.indices.dropFirst().compactMap { position in
            let score = scores[position]
            let range = max(1, position - Self.neighbours)...min(scores.count - 1, position + Self.neighbours)
            let others = range.filter { $0 != position }
            let mean = others.isEmpty ? 0 : others.reduce(0) { $0 + scores[$1] } / Float(others.count)
            let isCandidate =
                switch method {
                case .content: score >= threshold && score >= Self.prominence * mean
                case .adaptive(let ratio): score >= threshold / 2 && score >= ratio * max(mean, 1e-3)
                }
            guard isCandidate, !isFlash(frames, at: position, colour[position]) else { return nil }
            return Cut(position: position, kind: .cut, score: score)
        }
    }

    /// Whether a picture shortly before is like one shortly after.
    private func isFlash(_ frames: [SceneFrame], at position: Int, _ colour: Float) -> Bool {
        let reach = min(48, max(1, Int((Self.flashSeconds * frameRate).rounded())))
        let limit =
            Self.likeness
            * weighted(frames[position].thumbnail.difference(from: frames[position - 1].thumbnail), colour)
        for before in max(0, position - reach)..<position {
            for after in position..<min(frames.count, before + reach + 2)
            where !(before == position - 1 && after == position) {
                let difference = frames[after].thumbnail.difference(from: frames[before].thumbnail)
                if weighted(difference, colour) < limit { return true }
            }
        }
        return false
    }

    private func weighted(_ difference: (saturation: Float, value: Float), _ colour: Float) -> Float {
        (difference.value + colour * difference.saturation) / (1 + colour)
    }

    // MARK: Fades

    /// Where a picture comes up after black, unless a cut into or out of the black says so already.
    private func fades(_ frames: [SceneFrame], besides cuts: [Cut]) -> [Cut] {
        let reach = max(1, Int((Self.flashSeconds * frameRate).rounded()))
        var found: [Cut] = []
        var blackSince: Int?
        for position in frames.indices {
            let thumbnail = frames[position].thumbnail
            let isBlack = thumbnail.meanValue < Self.blackMean && thumbnail.highestValue < Self.blackHighest
            if isBlack {
                blackSince = blackSince ?? position
            } else if let since = blackSince {
                blackSince = nil
                let isCut = cuts.contains {
                    abs($0.position - since) <= reach || abs($0.position - position) <= reach
                }
                if since > 0, !isCut { found.append(Cut(position: position, kind: .fade, score: threshold)) }
            }
        }
        return found
    }

    // MARK: Dissolves

    private func dissolves(_ frames: [SceneFrame], _ colour: [Float], besides cuts: [Cut]) -> [Cut] {
        var taken = cuts.map(\.position)
        var found: [Cut] = []
        for seconds in Self.dissolveSeconds {
            let half = max(2, Int((seconds * frameRate / 2).rounded()))
            guard frames.count > 4 * half else { continue }
            let range = half..<(frames.count - half)
            var differences = [Float](repeating: 0, count: frames.count)
            for position in range {
                let (first, second) = (frames[position - half].thumbnail, frames[position + half].thumbnail)
                differences[position] = weighted(
                    second.residual(between: first, and: first, share: 0, ignoresLevel: true), colour[position])
            }
            for position in range where differences[position] >= Self.dissolveShare * threshold {
                let around = max(0, position - half)...min(frames.count - 1, position + half)
                guard around.allSatisfy({ differences[$0] <= differences[position] }),
                    !taken.contains(where: { abs($0 - position) <= 2 * half }),
                    isMixture(frames, position, half, colour[position], differences[position])
                else { continue }
                taken.append(position)
                found.append(Cut(position: position, kind: .dissolve, score: differences[position]))
            }
        }
        return found
    }

    private func isMixture(
        _ frames: [SceneFrame], _ position: Int, _ half: Int, _ colour: Float, _ difference: Float
    ) -> Bool {
        [-half / 2, 0, half / 2].allSatisfy { offset in
            let residual = frames[position + offset].thumbnail.residual(
                between: frames[position - half].thumbnail, and: frames[position + half].thumbnail,
                share: Double(offset + half) / Double(2 * half), ignoresLevel: true)
            return weighted(residual, colour) <= Self.mixtureError * difference
        }
    }
}
