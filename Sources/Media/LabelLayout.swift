import Model

/// Where labels go so that they cover each other as little as possible.
struct LabelLayout {
    struct Placed: Hashable {
        var mark: Int
        var text: String
        var frame: Box
    }

    let width: Double
    let height: Double
    /// Height of a label's tag.
    let tagHeight: Double
    /// Left and right of the text.
    let padding: Double

    /// Marks are served by id, so that labels do not swap places from frame to frame. Each tries its whole label, then
    /// what is left of it, then its id alone, above its box, below it, and inside it; where everything is taken, the id alone goes above.
    ///
    /// - Parameter taken: a place where no label goes.
    func place(_ marks: [OverlayMark], without taken: Box? = nil, textWidth: (String) -> Double) -> [Placed] {
        var placed: [Placed] = []
        func rank(_ index: Int) -> (Int, Int, Int) { (marks[index].isStrong ? 0 : 1, marks[index].id, index) }
        for index in marks.indices.sorted(by: { rank($0) < rank($1) }) {
            let mark = marks[index]
            guard isVisible(mark.box) else { continue }
            let short = String(mark.id)
            // A label much wider than its small box hides the neighbours.
            let texts =
                [mark.label, mark.brief].compactMap { $0 }.filter {
                    mark.isStrong || textWidth($0) <= 3 * max(mark.box.width, tagHeight)
                } + [short]
            let candidates = texts.flatMap { text in
                spots(for: mark.box, width: textWidth(text) + 2 * padding).map {
                    Placed(mark: index, text: text, frame: $0)
                }
            }
            let free = candidates.first { candidate in
                placed.allSatisfy { $0.frame.intersectionArea(candidate.frame) <= 0 }
                    && (taken?.intersectionArea(candidate.frame) ?? 0) <= 0
            }
            if let choice = free ?? candidates.first(where: { $0.text == short }) ?? candidates.first {
                placed.append(choice)
            }
        }
        return placed
    }

    /// Where a caption goes: into the upper left corner.
    func caption(_ text: String, textWidth: (String) -> Double) -> Box {
        Box(x: padding, y: padding, width: min(width, textWidth(text) + 2 * padding), height: tagHeight)
    }

    private func isVisible(_ box: Box) -> Bool {
        box.intersectionArea(Box(x: 0, y: 0, width: width, height: height)) > 0
    }

    private func spots(for box: Box, width tagWidth: Double) -> [Box] {
        let x = min(max(box.x, 0), max(0, width - tagWidth))
        let above = box.y - tagHeight
        let below = box.maxY
        let inside = max(0, box.y)
        return [above, below, inside].filter { $0 >= 0 && $0 + tagHeight <= height }.map {
            Box(x: x, y: $0, width: tagWidth, height: tagHeight)
        } + [Box(x: x, y: min(max(above, 0), max(0, height - tagHeight)), width: tagWidth, height: tagHeight)]
    }
}
