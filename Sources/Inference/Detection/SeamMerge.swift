import Model

/// Merges what several views of one frame saw into one list: overlapping tiles see an object twice, and a tile's
/// border cuts objects in two.
///
/// A tile shows an object larger than the view of the whole frame does, so its box is the better one: where a whole box
/// of a tile and one of the whole frame overlap, the tile's counts, whatever their scores.
///
/// A box that touches a border inside the frame is a *piece*; all others are *whole*. Whole boxes are merged by
/// ordinary suppression. A piece is dropped where a whole box explains it, that is, where the whole box cut to the
/// piece's tile is about the piece, or covers nearly all of it. Pieces that no whole box explains and that continue
/// each other across a seam are joined; what is left stands as it was seen, except what fills its tile from side to
/// side: an object larger than its tile is for the view of the whole frame to judge.
struct SeamMerge {
    let plan: InputPlan
    /// Intersection over union from which two whole boxes of one class are one object.
    let overlapThreshold: Double

    /// A whole frame's box and a tile's are one object from this intersection over union on: boxes of small objects are
    /// coarse in the former.
    private static let sameAcrossScales = 0.25
    /// A border this near (in pixels of the frame) cuts the box.
    private static let reach = 3.0
    /// A whole box explains a piece when it covers this part of it …
    private static let coverage = 0.8
    /// … or when, cut to the piece's tile, it overlaps it by this much (intersection over union).
    private static let agreement = 0.5
    /// A piece that takes this part of its tile's width or height fills it.
    private static let fullness = 0.9

    func merged(_ raw: [RawDetection]) -> [Detection] {
        guard plan.inputs.count > 1 else { return suppressOverlaps(raw.map(\.detection), threshold: overlapThreshold) }
        var whole: [Detection] = []
        var distant: [Detection] = []
        var pieces: [RawDetection] = []
        for candidate in raw {
            if candidate.view == plan.inputs.count - 1 {
                distant.append(candidate.detection)
            } else if cutSides(candidate).isEmpty {
                whole.append(candidate.detection)
            } else {
                pieces.append(candidate)
            }
        }
        whole = suppressOverlaps(whole, threshold: overlapThreshold)
        whole += suppressOverlaps(distant, threshold: overlapThreshold).filter { far in
            !whole.contains { $0.classID == far.classID && $0.box.iou(far.box) >= Self.sameAcrossScales }
        }
        pieces.sort { a, b in
            if Detection.precedes(a.detection, b.detection) { return true }
            return Detection.precedes(b.detection, a.detection) ? false : a.view < b.view
        }
        let unexplained = pieces.filter { piece in
            !fillsTile(piece) && !whole.contains { explains($0, piece) }
        }
        return suppressOverlaps(whole + joined(unexplained), threshold: overlapThreshold)
    }

    private struct Sides: OptionSet {
        let rawValue: Int
        static let left = Sides(rawValue: 1)
        static let right = Sides(rawValue: 2)
        static let top = Sides(rawValue: 4)
        static let bottom = Sides(rawValue: 8)
    }

    /// Sides at which the view's border, where that is not the frame's own, cuts the box.
    private func cutSides(_ candidate: RawDetection) -> Sides {
        let (box, region) = (candidate.detection.box, plan.inputs[candidate.view].region)
        var sides: Sides = []
        if region.x > 0, box.x - region.x < Self.reach { sides.insert(.left) }
        if region.y > 0, box.y - region.y < Self.reach { sides.insert(.top) }
        if region.maxX < Double(plan.frameWidth), region.maxX - box.maxX < Self.reach { sides.insert(.right) }
        if region.maxY < Double(plan.frameHeight), region.maxY - box.maxY < Self.reach { sides.insert(.bottom) }
        return sides
    }

    private func fillsTile(_ piece: RawDetection) -> Bool {
        let (box, region, cut) = (piece.detection.box, plan.inputs[piece.view].region, cutSides(piece))
        return (!cut.isDisjoint(with: [.left, .right]) && box.width >= Self.fullness * region.width)
            || (!cut.isDisjoint(with: [.top, .bottom]) && box.height >= Self.fullness * region.height)
    }

    private func explains(_ whole: Detection, _ piece: RawDetection) -> Bool {
        guard whole.classID == piece.detection.classID else { return false }
        let box = piece.detection.box
        if whole.box.intersectionArea(box) >= Self.coverage * box.area { return true }
        return whole.box.cut(to: plan.inputs[piece.view].region).iou(box) >= Self.agreement
    }

    /// Joins pieces, best-scored first, with those that continue them beyond the seam, until nothing changes.
    private func joined(_ pieces: [RawDetection]) -> [Detection] {
        var result: [Detection] = []
        var rest = pieces[...]
        while let first = rest.popFirst() {
            var (joint, views) = (first.detection, [first])
            var grew = true
            while grew {
                grew = false
                for (index, other) in zip(rest.indices, rest)
                where other.detection.classID == joint.classID && views.contains(where: { continues($0, other) }) {
                    joint.box = joint.box.union(other.detection.box)
                    views.append(other)
                    rest.remove(at: index)
                    grew = true
                    break
                }
            }
            result.append(joint)
        }
        return result
    }

    /// Whether two pieces are one object seen on either side of a seam: they overlap, one is cut where the other goes
    /// on, and along the seam they have about the same extent.
    private func continues(_ a: RawDetection, _ b: RawDetection) -> Bool {
        guard a.view != b.view, a.detection.box.intersectionArea(b.detection.box) > 0 else { return false }
        let (first, second) = (a.detection.box, b.detection.box)
        let (cutA, cutB) = (cutSides(a), cutSides(b))
        let across = { (left: Sides, right: Sides) in
            (cutA.contains(right) && cutB.contains(left)) || (cutA.contains(left) && cutB.contains(right))
        }
        if across(.left, .right) {
            return Self.extentOverlap(first.y, first.maxY, second.y, second.maxY) >= Self.agreement
        }
        if across(.top, .bottom) {
            return Self.extentOverlap(first.x, first.maxX, second.x, second.maxX) >= Self.agreement
        }
        return false
    }

    private static func extentOverlap(_ a: Double, _ aEnd: Double, _ b: Double, _ bEnd: Double) -> Double {
        max(0, min(aEnd, bEnd) - max(a, b)) / max(.leastNonzeroMagnitude, max(aEnd, bEnd) - min(a, b))
    }
}

extension Box {
    /// The part within `other`; of zero size where they do not meet.
    fileprivate func cut(to other: Box) -> Box {
        let (left, top) = (max(x, other.x), max(y, other.y))
        return Box(
            x: left, y: top, width: max(0, min(maxX, other.maxX) - left), height: max(0, min(maxY, other.maxY) - top))
    }

    /// The smallest box around both.
    fileprivate func union(_ other: Box) -> Box {
        let (left, top) = (min(x, other.x), min(y, other.y))
        return Box(x: left, y: top, width: max(maxX, other.maxX) - left, height: max(maxY, other.maxY) - top)
    }
}
