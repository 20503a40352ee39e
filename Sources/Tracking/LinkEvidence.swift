import Glibc

/// How much speaks for two pieces of track being one object's: a log-likelihood ratio.
///
/// The prediction across the gap uses the mean of both pieces' velocities, fading with time; its error is heavy-tailed
/// (Student's t with 3 degrees of freedom), with a spread that grows with the gap. The spreads were fitted to the true
/// gaps of real sequences and hardly differ between street, stage, field and ice. Objects that leave across a side of
/// the picture are special: many come back across the same side, none across the other.
struct LinkEvidence {
    let settings: TrackingSettings.Linking

    /// Above 0 for a likely link.
    func evidence(_ end: EndState, _ start: EndState) -> Double {
        if let left = end.side, let entered = start.side, left != entered { return -.infinity }
        let isReentry = end.side != nil && start.side != nil
        let gap = start.time - end.time
        let size = (end.height + start.height) / 2
        // Where an object runs out and comes back, its velocity says more for longer.
        let damping = isReentry ? 3.7 * settings.damping : settings.damping
        let reach = damping * (1 - exp(-gap / damping))
        let trustEnd = trust(in: end)
        let trustStart = trust(in: start)
        let trust = max(trustEnd + trustStart, 1e-9)
        let velocityX = (end.velocityX * trustEnd + start.velocityX * trustStart) / trust
        let velocityY = (end.velocityY * trustEnd + start.velocityY * trustStart) / trust
        let spreadX = settings.spreadX + (isReentry ? 1.7 : 1) * settings.spreadXGrowth * gap
        let spreadY = settings.spreadY + settings.spreadYGrowth * gap
        let errorX = (start.x - end.x - velocityX * reach) / (size * spreadX)
        let errorY = (start.y - end.y - velocityY * reach) / (size * spreadY)
        let degrees = 3.0
        let motion =
            -log(spreadX * spreadY) - (degrees + 2) / 2 * log1p((errorX * errorX + errorY * errorY) / degrees)
        let common = motion - settings.gapCost * min(gap, 1)
        // A box that the picture cuts off has no size to compare.
        if isReentry { return common + settings.reentryBias }
        let growth = log(start.height / end.height)
        let widening = log(start.width / end.width)
        var evidence =
            common + settings.bias - settings.heightCost * growth * growth - settings.widthCost * widening * widening
        if end.side != nil || start.side != nil { evidence -= settings.oneSidedCost }
        return evidence
    }

    /// A velocity from few observations says little.
    private func trust(in state: EndState) -> Double {
        min(1, Double(state.count - 1) / Double(settings.trustedCount))
    }
}
