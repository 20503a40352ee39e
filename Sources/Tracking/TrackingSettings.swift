import Model

/// How tracks are formed. One default set serves all kinds of footage.
package struct TrackingSettings: Hashable, Sendable, Codable {
    package var lowScore = 0.1
    package var highScore = 0.5
    package var startScore = 0.65
    package var confirmationHits = 2
    package var patience = 1.2
    package var lowScorePatience = 0.2
    package var tentativePatience = 0.04
    package var buffer = 0.5
    package var tentativeBuffer = 0.7
    package var minimumSimilarity = 0.15
    package var lowMinimumSimilarity = 0.3
    package var tentativeMinimumSimilarity = 0.4
    package var heightPower = 1.0
    package var heightMode = 2.0
    package var lostPenalty = 0.0
    package var birthOverlap = 1.0
    package var measurementNoise = 0.3
    package var processPosition = 0.03
    package var processVelocity = 0.02
    package var sizeMeasurementNoise = 0.14
    package var sizeProcessVelocity = 0.006
    package var initialVelocity = 0.2
    package var camera = true
    package var cameraBuffer = 0.1
    package var cameraPairs = 4.0
    package var cameraSpread = 1.0
    package var cameraMomentum = 0.8
    package var exitMargin = 0.5
    package var lostSizeVelocity = 0.0

    package var minimumTrack = 2.0
    package var interpolation = 0.57

    package var widthPower = 0.0
    package var lostBuffer = 0.0
    package var lowBuffer = 0.0
    package var scorePenalty = 0.4

    package var offlinePatience = 0.8
    package var finalMinimum = 3.0
    package var finalScore = 0.0
    package var smoothPosition = 0.7
    package var smoothSize = 0.9
    package var linking = Linking()

    package struct Linking: Hashable, Sendable, Codable {
        package var enabled = true
        package var shortWindow = 0.5
        package var longWindow = 3.0
        package var span = 0.6
        package var damping = 0.5
        package var tolerance = 0.5
        package var toleranceGrowth = 1.0
        package var verticalWeight = 2.0
        package var minimumHeightRatio = 0.46
        package var heightPenalty = 0.5
        package var margin = 0.1
        package var trustCount = 5.0
        package var worse = 0.5
    }

    package init() {}
}
