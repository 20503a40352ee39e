import Model

extension TrackingSettings {
    /// Checks that every value makes sense.
    /// - Throws: ``TrackingFailure`` (`invalidArgument`) that names the first setting out of range, as it is spelled in
    ///   a settings file, with the range it must lie in.
    package func validate() throws(TrackingFailure) {
        try check("minimumScore", minimumScore, 0...1)
        try check("confidentScore", confidentScore, minimumScore...1)
        try check("startScore", startScore, minimumScore...1)
        try check("confirmationHits", Double(confirmationHits), 1...1000)
        try check("immediateScore", immediateScore, 0...2)
        try check("patience", patience, 0...60)
        try check("coasting", coasting, 0...60)
        try association.validate()
        try motion.validate()
        try check("camera.minimumPairs", Double(camera.minimumPairs), 2...10_000)
        try check("camera.caution", camera.caution, 0...1000)
        try check("camera.steadiness", camera.steadiness, 0...10)
        try check("camera.momentum", camera.momentum, 0...1)
        try check("offline.patience", offline.patience, 0...60)
        try check("offline.minimumVotes", offline.minimumVotes, 0...1)
        try check("offline.backwardDiscount", offline.backwardDiscount, 0...1)
        try check("offline.steadyDisplacement", offline.steadyDisplacement, 0...10)
        try check("offline.agileDisplacement", offline.agileDisplacement, 0...10)
        try check("offline.steadyBuffer", offline.steadyBuffer, 0...10)
        try check("offline.agileBuffer", offline.agileBuffer, 0...10)
        try check("offline.cameraSteadiness", offline.cameraSteadiness, 0...10)
        try check("offline.minimumDetections", Double(offline.minimumDetections), 1...1_000_000)
        try check("offline.minimumMeanScore", offline.minimumMeanScore, 0...1)
        try linking.validate()
        try check("smoothing.longestFilledGap", smoothing.longestFilledGap, 0...3600)
        try check("smoothing.position", smoothing.position, 0...100)
        try check("smoothing.size", smoothing.size, 0...100)
    }
}

extension TrackingSettings.Association {
    fileprivate func validate() throws(TrackingFailure) {
        try check("association.buffer", buffer, 0...10)
        try check("association.doubtfulBuffer", doubtfulBuffer, 0...10)
        try check("association.tentativeBuffer", tentativeBuffer, 0...10)
        try check("association.minimumSimilarity", minimumSimilarity, 0...1)
        try check("association.doubtfulMinimumSimilarity", doubtfulMinimumSimilarity, 0...1)
        try check("association.tentativeMinimumSimilarity", tentativeMinimumSimilarity, 0...1)
        try check("association.doubtfulPatience", doubtfulPatience, 0...60)
        try check("association.doubtPenalty", doubtPenalty, 0...1)
    }
}

extension TrackingSettings.Motion {
    fileprivate func validate() throws(TrackingFailure) {
        try check("motion.measurement", measurement, 1e-6...10)
        try check("motion.displacement", displacement, 0...10)
        try check("motion.acceleration", acceleration, 0...10)
        try check("motion.vertical", vertical, 0...10)
        try check("motion.initialVelocity", initialVelocity, 0...10)
        try check("motion.sizeMeasurement", sizeMeasurement, 1e-6...10)
        try check("motion.sizeAcceleration", sizeAcceleration, 0...10)
    }
}

extension TrackingSettings.Linking {
    fileprivate func validate() throws(TrackingFailure) {
        try check("linking.longestGap", longestGap, 0...3600)
        try check("linking.span", span, 0...60)
        try check("linking.damping", damping, 1e-3...3600)
        try check("linking.trustedCount", Double(trustedCount), 2...1_000_000)
        try check("linking.spreadX", spreadX, 1e-6...100)
        try check("linking.spreadXGrowth", spreadXGrowth, 0...100)
        try check("linking.spreadY", spreadY, 1e-6...100)
        try check("linking.spreadYGrowth", spreadYGrowth, 0...100)
        try check("linking.heightCost", heightCost, 0...1000)
        try check("linking.widthCost", widthCost, 0...1000)
        try check("linking.gapCost", gapCost, 0...1000)
        try check("linking.bias", bias, -1000...1000)
        try check("linking.reentryBias", reentryBias, -1000...1000)
        try check("linking.panReturnBias", panReturnBias, -1000...1000)
        try check("linking.returnPan", returnPan, 0...1000)
        try check("linking.oneSidedCost", oneSidedCost, 0...1000)
        try check("linking.margin", margin, 0...1000)
    }
}

private func check(_ name: String, _ value: Double, _ range: ClosedRange<Double>) throws(TrackingFailure) {
    // A comparison with NaN is false, so NaN is refused as well.
    guard range.contains(value) else {
        throw TrackingFailure(
            code: .invalidArgument, message: "the tracking setting \(name) is \(value)", subject: nil,
            hint: "It must lie in \(range.lowerBound)…\(range.upperBound)")
    }
}
