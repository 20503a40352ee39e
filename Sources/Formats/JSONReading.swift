import FoundationEssentials
import Model

/// Reads JSON results through Foundation's parser, and says where a document is not what it should be.
enum JSONReading {
    static func decode<Document: Decodable>(
        _ type: Document.Type, from bytes: [UInt8], named name: String
    ) throws(FormatsFailure) -> Document {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw .damaged(name, description(of: error))
        } catch {
            throw .damaged(name, "not JSON that can be read: \(error)")
        }
    }

    private static func description(of error: DecodingError) -> String {
        func place(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + (last.map { [$0] } ?? [])).map { key in
                key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
            }.joined()
            return path.isEmpty ? "the document" : String(path.drop { $0 == "." })
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing"
        case .typeMismatch(let type, let context): "\(place(context)) is not \(type)"
        case .valueNotFound(let type, let context): "\(place(context)) is null, not \(type)"
        case .dataCorrupted(let context): "\(place(context)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }
}
