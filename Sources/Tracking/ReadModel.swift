import Glibc
import Model

/// How likely each read is for each true number: a table of what readers of jersey numbers confuse.
///
/// A wrong read is not any number: a digit is hidden by a fold, an arm or the picture's side ("7" of a 17), or taken
/// for one of like shape (6 and 8, 1 and 7).
struct ReadModel {
    static let numbers = 100
    /// `[number * 100 + read]`: how much likelier the read is where this is the number than as noise.
    private let ratios: [Double]

    init(settings: IdentitySettings) {
        let accuracy = settings.readAccuracy
        var ratios: [Double] = []
        ratios.reserveCapacity(Self.numbers * Self.numbers)
        for number in 0..<Self.numbers {
            let confusions = Self.confusions(of: number)
            for read in 0..<Self.numbers {
                let plausible = confusions[read] ?? 0
                let wrong = settings.plausibleShare * plausible + (1 - settings.plausibleShare) / Double(Self.numbers)
                let hidden = Self.hiddenShare(of: number, settings)
                var likelihood = (read == number ? accuracy : 0) + (1 - accuracy) * wrong
                if hidden > 0 {
                    likelihood *= 1 - hidden
                    if read == number / 10 { likelihood += hidden / 2 }
                    if read == number % 10 { likelihood += hidden / 2 }
                }
                ratios.append(likelihood / Self.noise(read, settings))
            }
        }
        self.ratios = ratios
    }

    /// How much speaks for each number against noise, as a log-likelihood ratio by number.
    ///
    /// What the reader leaves open ("cannot be read") speaks for nothing.
    func logRatios(of read: JerseyRead) -> [Double] {
        let candidates = read.candidates.filter { (0..<Self.numbers).contains($0.number) && $0.confidence > 0 }
        let total = candidates.reduce(0) { $0 + $1.confidence }
        guard total > 0, total.isFinite else { return [Double](repeating: 0, count: Self.numbers) }
        let scale = 1 / max(1, total)
        return (0..<Self.numbers).map { number in
            log(
                candidates.reduce(1 - total * scale) {
                    $0 + $1.confidence * scale * ratios[number * Self.numbers + $1.number]
                })
        }
    }

    private static func hiddenShare(of number: Int, _ settings: IdentitySettings) -> Double {
        guard number >= 10 else { return 0 }
        return min(0.9, settings.hiddenDigitShare * (number % 11 == 0 ? 2 : 1))
    }

    /// Share of a read among those of backs on which there is no number: a fold or a stripe is a 1 or a 7 sooner than a
    /// 58.
    private static func noise(_ read: Int, _ settings: IdentitySettings) -> Double {
        let single = min(0.99, max(0.01, settings.singleDigitNoise))
        return read < 10 ? single / 10 : (1 - single) / 90
    }

    /// What a number is taken for, by read; the shares sum to 1.
    private static func confusions(of number: Int) -> [Int: Double] {
        var weights: [Int: Double] = [:]
        let (tens, ones) = (number / 10, number % 10)
        if number >= 10 {
            weights[tens, default: 0] += 1.5
            weights[ones, default: 0] += 1.5
            for digit in alike[tens] where digit > 0 { weights[10 * digit + ones, default: 0] += 1 }
            for digit in alike[ones] { weights[10 * tens + digit, default: 0] += 1 }
        } else {
            for digit in alike[ones] { weights[digit, default: 0] += 1 }
            // A stripe beside it.
            if ones > 0 { weights[10 * ones + 1, default: 0] += 0.5 }
            weights[10 + ones, default: 0] += 0.5
        }
        weights[number] = nil
        let total = weights.values.sorted().reduce(0, +)
        return weights.mapValues { $0 / max(total, 1e-9) }
    }

    /// Digits of like shape, by digit.
    private static let alike: [[Int]] = [
        [6, 8, 9], [4, 7], [3, 7], [5, 8, 9], [1, 9], [3, 6], [0, 5, 8], [1, 2], [0, 3, 6, 9], [0, 4, 8],
    ]
}
