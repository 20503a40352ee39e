/// "Did you mean": the known name that a mistyped one is closest to.
enum NearestName {
    /// - Returns: the closest of `names`, the first of equals; nil where none is close.
    static func nearest(to text: String, among names: some Sequence<String>) -> String? {
        // Longer than any name: a comparison would only cost time.
        guard !text.isEmpty, text.utf8.count <= 64 else { return nil }
        let wanted = normalised(text)
        let ranked = names.enumerated().map { index, name in (distance(wanted, normalised(name)), index, name) }
        guard let best = ranked.min(by: { ($0.0, $0.1) < ($1.0, $1.1) }) else { return nil }
        return best.0 <= max(1, wanted.count / 3) ? best.2 : nil
    }

    /// Without capitals, hyphens, underscores and spaces, which people mix up without mistyping.
    private static func normalised(_ text: String) -> [UInt8] {
        text.lowercased().utf8.filter { ![UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " ")].contains($0) }
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other (Damerau, 1964, in the
    /// restricted form that edits no part twice).
    static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            (before, previous) = (previous, row)
        }
        return previous[b.count]
    }
}
