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
    package var exitMargin = 0.0
    package var lostSizeVelocity = 0.0

    package var minimumTrack = 2.0
    package var interpolation = 0.57

    package var widthPower = 0.0
    package var lostBuffer = 0.0
    package var lowBuffer = 0.0
    package var scorePenalty = 0.4

    package var offlinePatience = 1.2
    package var finalMinimum = 8.0
    package var finalScore = 0.55
    package var smoothPosition = 0.9
    package var smoothSize = 1.1
    package var linking = Linking()

    package struct Linking: Hashable, Sendable, Codable {
        package var enabled = true
        package var shortWindow = 0.15
        package var longWindow = 3.0
        package var span = 0.4
        package var damping = 1.0
        package var trustCount = 20.0
        package var spreadX = 0.04
        package var spreadXGrowth = 0.2
        package var spreadY = 0.04
        package var spreadYGrowth = 0.09
        package var heightWeight = 5.0
        package var bias = -2.0
        package var margin = 0.1
        package var borderBias = -1.0
        package var halfBorderPenalty = 2.0
        package var borderDamping = 3.7
        package var borderSpreadX = 0.03
        package var borderSpreadXGrowth = 0.34
        package var widthWeight = 1.5
        package var gapWeight = 1.0
        package var middleWindow = 0.5
        package var wideWindow = 1.2
        package var uncrop = 0.0
    }

    package var scaleMode = 0.0
    package var lostDamping = 0.0
    package var lastSeenWeight = 0.0
    package var instantScore = 0.85
    package var coast = 0.12
    package var zoom = false
    package var scoreNoise = 0.0

    package var ratePower = 0.5
    package var ambiguityNoise = 0.0
    package var ambiguityPower = 2.0
    package var agreement = 2.0
    package var minimumVotes = 0.2
    package var voteBase = 1.0
    package var voteBack = 0.95
    package var agileProcess = 0.2
    package var agileBuffer = 0.2
    package var agileScorePenalty = 0.0
    package var iouPower = 1.0
    package var ratioPower = 0.0
    package var verticalProcess = 0.7
    package var verticalMeasurement = 1.0
    package var cameraHits = 2.0
    package var cameraRounds = 1.0

    package init() {}
}
