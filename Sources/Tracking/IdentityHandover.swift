/// Finds where two pieces of track that claim one player at the same time handed that player over.
///
/// Where two people meet, their tracks may swap, and only one of them has a number that is ever read: no piece contradicts
/// itself then, but together they put the player in two places. The player was on the one piece until its last read and on
/// the other from its first; in between is the moment at which both were close, and neither was followed without doubt.
struct IdentityHandover {
    let continuity: TrackContinuity

    /// Farthest apart, in sizes, that two boxes may be for one to be taken for the other.
    private static let farthest = 0.8

    /// The first point of each piece after the moment; 0 or the count where the piece ends there as it is.
    struct Cut {
        var earlier: Int
        var later: Int
    }

    /// - Parameters:
    ///   - lastRead: the last point of the earlier piece at which the player was read.
    ///   - firstRead: the first one on the later piece.
    /// - Returns: nil where the claims interleave.
    func find(_ earlier: Tracklet, lastRead: Int, _ later: Tracklet, firstRead: Int) -> Cut? {
        let (begin, end) = (earlier.points[lastRead].step, later.points[firstRead].step)
        guard begin < end else { return nil }
        var (i, j) = (lastRead, 0)
        var best: (doubt: Double, cut: Cut)?
        for step in (begin + 1)...end {
            while i < earlier.points.count, earlier.points[i].step < step { i += 1 }
            while j < firstRead, later.points[j].step < step { j += 1 }
            var doubt = min(1, continuity.weakness(of: earlier, at: i)) + min(1, continuity.weakness(of: later, at: j))
            if i < earlier.points.count {
                doubt += max(0, 1 - distance(earlier.points[i], later.points[j]) / Self.farthest)
            }
            if doubt > best?.doubt ?? -1 { best = (doubt, Cut(earlier: i, later: j)) }
        }
        return best?.cut
    }

    /// Between centres, in sizes.
    private func distance(_ a: Tracklet.Point, _ b: Tracklet.Point) -> Double {
        let size = max(1e-6, (a.width * a.height).squareRoot() + (b.width * b.height).squareRoot()) / 2
        let (x, y) = ((a.x - b.x) / size, (a.y - b.y) / size)
        return (x * x + y * y).squareRoot()
    }
}
