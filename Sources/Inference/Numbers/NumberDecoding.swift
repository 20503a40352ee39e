import Model

/// From a recogniser's characters, column by column, to how likely each jersey number is.
///
/// Connectionist temporal classification (Graves et al. 2006) over digits and blank alone: the probability of a number is
/// the sum over every path that spells it, so what goes to letters counts as "cannot be read".
struct NumberDecoding {
    /// Index of the digit 0; the others follow it. The blank is 0.
    let firstDigit: Int

    /// A read with the likeliest numbers, the best first; nil where not even the best reaches `least`.
    ///
    /// - Parameters:
    ///   - likelihoods: by number.
    ///   - least: 0…1, of the best number.
    static func read(_ likelihoods: [Double], least: Double) -> JerseyRead? {
        let ranked = likelihoods.indices.sorted { (likelihoods[$1], $0) < (likelihoods[$0], $1) }
        guard let best = ranked.first, likelihoods[best] >= least else { return nil }
        let told = ranked.prefix(3).filter { likelihoods[$0] >= worthTelling }
        return JerseyRead(
            candidates: told.map { JerseyRead.Candidate(number: $0, confidence: min(1, likelihoods[$0])) })
    }

    private static let worthTelling = 0.02

    /// By number, 0…99. `7` and `07` are one number: their paths add up.
    func likelihoods(_ scores: UnsafeBufferPointer<Float>, steps: Int, characters: Int) -> [Double] {
        precondition(scores.count >= steps * characters && firstDigit + 10 <= characters, "scores of this reader")
        // Sums over paths by what they have spelt, apart by whether they end in the digit or in a blank after it.
        var nothing = 1.0
        var one = [Double](repeating: 0, count: 10)
        var oneBlank = one
        var two = [Double](repeating: 0, count: 100)
        var twoBlank = two
        for step in 0..<steps {
            let row = step * characters
            let blank = unsafe Double(scores[row])
            let digits = (0..<10).map { unsafe Double(scores[row + firstDigit + $0]) }
            for tens in 0..<10 {
                for ones in 0..<10 {
                    let at = 10 * tens + ones
                    twoBlank[at] = (twoBlank[at] + two[at]) * blank
                    // The same digit twice needs a blank between.
                    let before = oneBlank[tens] + (tens == ones ? 0 : one[tens])
                    two[at] = (two[at] + before) * digits[ones]
                }
            }
            for digit in 0..<10 {
                oneBlank[digit] = (oneBlank[digit] + one[digit]) * blank
                one[digit] = (one[digit] + nothing) * digits[digit]
            }
            nothing *= blank
        }
        return (0..<100).map { number in
            let spelt = two[number] + twoBlank[number]
            return number < 10 ? spelt + one[number] + oneBlank[number] : spelt
        }
    }
}
