import Foundation
import TestSupport
import Testing

@testable import Evaluation

/// TrackEval itself, in the private Python environment.
enum TrackEval {
    struct Row: Decodable {
        var numbers: [String: Double] = [:]
        var hotaByAlpha: [Double] = []

        init(from decoder: any Decoder) throws {
            enum Value: Decodable {
                case number(Double)
                case list([Double])

                init(from decoder: any Decoder) throws {
                    let container = try decoder.singleValueContainer()
                    if let number = try? container.decode(Double.self) {  // else it must be a list
                        self = .number(number)
                    } else {
                        self = .list(try container.decode([Double].self))
                    }
                }
            }
            for (key, value) in try decoder.singleValueContainer().decode([String: Value].self) {
                switch value {
                case .number(let number): numbers[key] = number
                case .list(let list): hotaByAlpha = list
                }
            }
        }
    }

    static func scores(groundTruth: String, tracks: String, benchmark: String) throws -> [String: Row] {
        let data = try PythonScript.output(of: "trackeval_scores.py", [groundTruth, tracks, benchmark])
        return try JSONDecoder().decode([String: Row].self, from: data)
    }
}

extension TrackEval {
    /// Compares every score, one by one.
    static func expect(_ scores: TrackingScores, equal reference: Row?, name: String) throws {
        let reference = try #require(reference)
        let own: [(String, Double)] = [
            ("HOTA", scores.hota.hota), ("DetA", scores.hota.detA), ("AssA", scores.hota.assA),
            ("DetRe", scores.hota.detRe), ("DetPr", scores.hota.detPr), ("AssRe", scores.hota.assRe),
            ("AssPr", scores.hota.assPr), ("LocA", scores.hota.locA), ("HOTA(0)", scores.hota.hotaAtLowestAlpha),
            ("MOTA", scores.clear.mota), ("MOTP", scores.clear.motp),
            ("IDSW", Double(scores.clear.identitySwitches)), ("Frag", Double(scores.clear.fragmentations)),
            ("MT", Double(scores.clear.mostlyTracked)), ("PT", Double(scores.clear.partlyTracked)),
            ("ML", Double(scores.clear.mostlyLost)), ("TP", Double(scores.clear.truePositives)),
            ("FP", Double(scores.clear.falsePositives)), ("FN", Double(scores.clear.falseNegatives)),
            ("IDF1", scores.identity.idf1), ("IDP", scores.identity.idp), ("IDR", scores.identity.idr),
            ("IDTP", Double(scores.identity.truePositives)), ("IDFP", Double(scores.identity.falsePositives)),
            ("IDFN", Double(scores.identity.falseNegatives)),
        ]
        for (key, value) in own {
            let expected = try #require(reference.numbers[key])
            #expect(abs(value - expected) < 1e-9, "\(name) \(key): \(value), TrackEval \(expected)")
        }
        #expect(reference.hotaByAlpha.count == HOTAScores.alphas.count)
        for (value, expected) in zip(scores.hota.accuracies, reference.hotaByAlpha) {
            #expect(abs(value - expected) < 1e-9, "\(name) HOTA by alpha")
        }
    }
}
