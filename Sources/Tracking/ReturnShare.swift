import Glibc

/// How large a share of those who enter across a side of the picture left it there before: estimated from the
/// recording itself (empirical Bayes by expectation maximisation: Dempster, Laird & Rubin 1977).
///
/// A panning camera over a match shows the same ten players again and again; a street or a hockey bench brings new
/// people. How well each entry fits the exits before it tells these apart without knowing a single identity.
struct ReturnShare {
    private var ratios: [Double] = []

    /// One entry: how much likelier it is as a return than as a newcomer.
    mutating func add(entryWithRatio ratio: Double) { ratios.append(ratio) }

    /// The share, strictly between 0 and 1; one half where nobody enters.
    var estimate: Double {
        var share = 0.5
        // As if one return and one newcomer had been seen beforehand: few entries say little.
        for _ in 0..<30 {
            var returns = 1.0
            for ratio in ratios { returns += share * ratio / (1 - share + share * ratio) }
            share = returns / (Double(ratios.count) + 2)
        }
        return share
    }

    var logOdds: Double { log(estimate / (1 - estimate)) }
}
