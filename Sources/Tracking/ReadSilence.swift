import Glibc

/// How much it says that on a piece of track nothing was read.
///
/// A number turns towards the camera in bursts, so the count of reads on a player's piece is Poisson with a rate that is
/// itself gamma-distributed. Both moments are the recording's own, from the pieces that players are known by; where reads
/// are rare or come in bursts, silence says little.
struct ReadSilence {
    private let rate: Double
    private let dispersion: Double

    /// However long: players turn their backs on the camera, or wear their number under mud.
    private static let most = 2.5

    /// - Parameter pieces: of players: how many detections each has, and how many of them were read.
    init(_ pieces: [(detections: Int, reads: Int)]) {
        let exposure = pieces.reduce(0) { $0 + Double($1.detections) }
        let reads = pieces.reduce(0) { $0 + Double($1.reads) }
        rate = exposure > 0 ? reads / exposure : 0
        var (excess, square) = (0.0, 0.0)
        for piece in pieces {
            let expected = rate * Double(piece.detections)
            let error = Double(piece.reads) - expected
            excess += error * error - expected
            square += expected * expected
        }
        // As if one piece had been read twice as often as expected: a few pieces prove no regularity.
        dispersion = (max(0, excess) + 1) / (square + 4)
    }

    /// Log probability that a player's piece is never read.
    func logProbability(detections: Int) -> Double {
        -min(Self.most, log1p(rate * Double(detections) * dispersion) / max(dispersion, 1e-9))
    }
}
