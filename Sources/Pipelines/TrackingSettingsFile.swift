import FileSafety
import Foundation
import Model
import Tracking

/// Tracking settings from a JSON file that names only what it changes: `{"startScore": 0.5, "linking": {"margin": 2}}`.
package enum TrackingSettingsFile {
    /// - Throws: `invalidData` for text that is no JSON object, a setting that does not exist, or a value of the wrong
    ///   type or out of range.
    package static func read(_ path: String) throws -> TrackingSettings {
        let bytes = try FileContents.read(path, limit: 1 << 20)
        return try settings(json: Data(bytes), subject: path)
    }

    static func settings(json: Data, subject: String) throws -> TrackingSettings {
        func damaged(_ message: String, hint: String? = nil) -> PipelineFailure {
            PipelineFailure(code: .invalidData, message: message, subject: subject, hint: hint)
        }
        let changes: [String: Any]
        do {
            guard let object = try JSONSerialization.jsonObject(with: json) as? [String: Any] else {
                throw damaged("the tracking settings must be one JSON object")
            }
            changes = object
        } catch let failure as PipelineFailure {
            throw failure
        } catch {
            throw damaged("is not JSON: \(error.localizedDescription)")
        }
        let defaults = try JSONEncoder().encode(TrackingSettings())
        guard let all = try JSONSerialization.jsonObject(with: defaults) as? [String: Any] else {
            throw PipelineFailure(code: .internalError, message: "the default tracking settings are no JSON object")
        }
        let merged = try merge(changes, into: all, path: "", damaged: { damaged($0, hint: $1) })
        do {
            let settings = try JSONDecoder().decode(
                TrackingSettings.self, from: JSONSerialization.data(withJSONObject: merged))
            do {
                try settings.validate()
            } catch {
                throw damaged(error.message, hint: error.hint)
            }
            return settings
        } catch let DecodingError.typeMismatch(_, context), let DecodingError.valueNotFound(_, context) {
            let name = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw damaged("the setting \(name) has a value of the wrong type")
        } catch let error as DecodingError {
            throw damaged("has a setting that cannot be used: \(error)")
        }
    }

    private static func merge(
        _ changes: [String: Any], into all: [String: Any], path: String,
        damaged: (String, String?) -> PipelineFailure
    ) throws -> [String: Any] {
        var merged = all
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) {
            guard let old = all[key] else {
                let known = all.keys.sorted().joined(separator: ", ")
                throw damaged("there is no tracking setting \(path)\(key)", "There are: \(known)")
            }
            if let old = old as? [String: Any], let value = value as? [String: Any] {
                merged[key] = try merge(value, into: old, path: "\(path)\(key).", damaged: damaged)
            } else {
                merged[key] = value
            }
        }
        return merged
    }
}
