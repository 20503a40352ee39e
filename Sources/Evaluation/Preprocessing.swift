/// What is taken out of ground truth and result before they are compared: the rules of the MOTChallenge benchmarks,
/// as TrackEval's `MotChallenge2DBox` applies them.
///
/// All of them drop ground truth that is flagged as not scored. MOT17 and MOT20 also drop every class but the
/// pedestrian; and a tracker's box that matches (IoU ≥ 0.5) a distractor (a person on a vehicle, someone sitting
/// still, a reflection …) is taken out of the result, because finding it is neither right nor wrong.
package enum Preprocessing: String, Sendable, CaseIterable, Codable {
    /// Classes mean nothing: only the flag counts (also TrackEval's `DO_PREPROC = False`).
    case mot15
    /// MOT16 and MOT17.
    case mot17
    /// As MOT17, and non-motorised vehicles are distractors too.
    case mot20

    /// MOTChallenge's numbers of the classes that distract; `nil` where classes mean nothing.
    var distractors: Set<Int>? {
        switch self {
        case .mot15: nil
        case .mot17: [2, 7, 8, 12]
        case .mot20: [2, 6, 7, 8, 12]
        }
    }

    static let pedestrian = 1
    /// What ground truth without a class column, or without classes, has in its place.
    package static let noClass = -1
    /// The classes that MOT16 to MOT20 define.
    static let definedClasses = 1...13

    /// The rules that suit a sequence: MOT20's where its name says so, no class rules where the ground truth has no
    /// MOTChallenge classes (MOT15 writes -1), else MOT17's, which change nothing where everything is a pedestrian.
    package static func suited(to groundTruth: [LabelledBox], sequence: String) -> Preprocessing {
        if !groundTruth.allSatisfy({ definedClasses.contains($0.classID) }) { return .mot15 }
        return sequence.uppercased().hasPrefix("MOT20") ? .mot20 : .mot17
    }
}
