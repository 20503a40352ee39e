import FoundationEssentials
import Jobs

/// Small values that the store keeps as JSON text, so that a person with a database shell can read them.
enum JSONText {
    static func encode(_ value: some Encodable) throws(JobsFailure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw JobsFailure(kind: .internalFault, message: "a value cannot be stored: \(error)")
        }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws(JobsFailure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw JobsFailure(
                kind: .damaged, message: "a stored value cannot be read: \(error)",
                hint: "Stop the server and restore a backup of the job database")
        }
    }
}
