import Glibc

/// How much speaks for two pieces of track being one object's: a log-likelihood ratio.
///
/// The prediction across the gap uses the mean of both pieces' velocities, fading with time; its error is heavy-tailed
/// (Student's t with 3 degrees of freedom), with a spread that grows with the gap. The spreads were fitted to the true
/// gaps of real sequences and hardly differ between street, stage, field and ice. Objects that leave across a side of
/// the picture are special: many come back across the same side, none across the other. Where it was the camera that
/// turned away from them, how many come back is the recording's own (``ReturnShare``).
struct LinkEvidence {
    let settings: TrackingSettings.Linking
    /// Where the camera pointed at each step; empty for one that stands still.
    let cameraX: [Double]

    /// Added to the evidence for a return: from the share of returns among those who enter (``ReturnShare``).
    var returnLogOdds = 0.0

    /// Above 0 for a likely link.
    func evidence(_ end: EndState, _ start: EndState) -> Double {
        if let left = end.side, let entered = start.side {
            guard left == entered else { return -.infinity }
            let motion = motionOfReturn(end, start)
            if pan(from: end.step, to: start.step) >= settings.returnPan * end.height {
                return motion + settings.panReturnBias + returnLogOdds
            }
            return motion + settings.reentryBias - settings.gapCost * min(start.time - end.time, 1)
        }
        let motion = motion(
            end, start, damping: settings.damping, spreadXGrowth: settings.spreadXGrowth)
        let widening = log(start.width / end.width)
        var evidence = motion + settings.bias - growthCost(end, start) - settings.widthCost * widening * widening
        evidence -= settings.gapCost * min(start.time - end.time, 1)
        if end.side != nil || start.side != nil { evidence -= settings.oneSidedCost }
        return evidence
    }

    /// How well a return across a side of the picture fits, as a log density.
    func motionOfReturn(_ end: EndState, _ start: EndState) -> Double {
        // Where an object runs out and comes back, its velocity says more for longer, its place less. The picture cuts
        // off its width, not its height.
        motion(end, start, damping: 3.7 * settings.damping, spreadXGrowth: 1.7 * settings.spreadXGrowth)
            - growthCost(end, start)
    }

    /// How far the camera swung sideways between two steps, in pixels.
    private func pan(from end: Int, to start: Int) -> Double {
        guard end <= start, cameraX.indices.contains(end), cameraX.indices.contains(start) else { return 0 }
        var (least, most) = (cameraX[end], cameraX[end])
        for x in cameraX[end...start] {
            least = min(least, x)
            most = max(most, x)
        }
        return most - least
    }

    private func growthCost(_ end: EndState, _ start: EndState) -> Double {
        let growth = log(start.height / end.height)
        return settings.heightCost * growth * growth
    }

    private func motion(_ end: EndState, _ start: EndState, damping: Double, spreadXGrowth: Double) -> Double {
        let gap = start.time - end.time
        let size = (end.height + start.height) / 2
        let reach = damping * (1 - exp(-gap / damping))
        let trustEnd = trust(in: end)
        let trustStart = trust(in: start)
        let trust = max(trustEnd + trustStart, 1e-9)
        let velocityX = (end.velocityX * trustEnd + start.velocityX * trustStart) / trust
        let velocityY = (end.velocityY * trustEnd + start.velocityY * trustStart) / trust
        let spreadX = settings.spreadX + spreadXGrowth * gap
        let spreadY = settings.spreadY + settings.spreadYGrowth * gap
        let errorX = (start.x - end.x - velocityX * reach) / (size * spreadX)
        let errorY = (start.y - end.y - velocityY * reach) / (size * spreadY)
        let degrees = 3.0
        return -log(spreadX * spreadY) - (degrees + 2) / 2 * log1p((errorX * errorX + errorY * errorY) / degrees)
    }

    /// A velocity from few observations says little.
    private func trust(in state: EndState) -> Double {
        min(1, Double(state.count - 1) / Double(settings.trustedCount))
    }
}
