import Foundation
import Model
import Testing

@testable import Tracking

@Suite("Tracking settings")
struct TrackingSettingsTests {
    @Test("the defaults are valid and survive a round trip through JSON")
    func roundTrip() throws {
        try TrackingSettings().validate()
        let data = try JSONEncoder().encode(TrackingSettings())
        #expect(try JSONDecoder().decode(TrackingSettings.self, from: data) == TrackingSettings())
    }

    @Test("every number is checked, and the failure names it and its range")
    func namesWhatIsWrong() throws {
        let data = try JSONEncoder().encode(TrackingSettings())
        let decoded = try JSONSerialization.jsonObject(with: data)
        let object = try #require(decoded as? [String: Any])
        var checked = 0
        for (key, value) in object.sorted(by: { $0.key < $1.key }) {
            for name in (value as? [String: Any])?.keys.sorted() ?? [""] {
                var changed = object
                if name.isEmpty {
                    changed[key] = -1e6
                } else {
                    var group = try #require(object[key] as? [String: Any])
                    // Switches have no range.
                    if name.hasPrefix("is") || name == "consensus" { continue }
                    group[name] = -1e6
                    changed[key] = group
                }
                let settings = try JSONDecoder().decode(
                    TrackingSettings.self, from: JSONSerialization.data(withJSONObject: changed))
                let failure = #expect(throws: TrackingFailure.self) { try settings.validate() }
                let full = name.isEmpty ? key : "\(key).\(name)"
                #expect(failure?.message == "the tracking setting \(full) is -1000000.0")
                #expect(failure?.code == .invalidArgument)
                #expect(failure?.hint?.contains("…") == true)
                checked += 1
            }
        }
        #expect(checked > 40)
    }

    @Test("not-a-number is refused")
    func refusesNotANumber() {
        var settings = TrackingSettings()
        settings.linking.margin = .nan
        #expect(throws: TrackingFailure.self) { try settings.validate() }
    }
}
