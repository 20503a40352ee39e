import Foundation
import Jobs

/// What an attempt's process tells its server: one JSON object a line on its standard output.
///
/// Lines that are none of these are nobody's message: they go into the job's log.
package enum AttemptMessage: Hashable, Sendable {
    /// How far it has got, and which chunk it is in.
    case progress(JobProgress)
    /// Worth a line in the job's log.
    case note(String)
    /// Everything is published; `message` where a part of it failed.
    case completed(message: String?)
    /// Why it cannot go on.
    case fault(Fault)

    /// A line, with its line feed. Long texts are cut, so that it fits ``lineBytes``.
    package func line() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(trimmed)) + [0x0A]
    }

    /// Nil for a line that is no message.
    package init?(line: String) {
        guard line.hasPrefix("{"), let message = try? JSONDecoder().decode(Self.self, from: Data(line.utf8)) else {
            return nil
        }
        self = message
    }

    /// The longest line: whoever reads cuts longer ones.
    package static let lineBytes = 32 << 10
    /// Of one text; escaped, a character takes six bytes at most.
    private static let mostCharacters = 1500

    private var trimmed: AttemptMessage {
        func cut(_ text: String) -> String {
            text.count <= Self.mostCharacters ? text : text.prefix(Self.mostCharacters) + "..."
        }
        switch self {
        case .progress(var progress):
            progress.message = progress.message.map(cut)
            return .progress(progress)
        case .note(let text): return .note(cut(text))
        case .completed(let message): return .completed(message: message.map(cut))
        case .fault(var fault):
            fault.message = cut(fault.message)
            fault.hint = fault.hint.map(cut)
            return .fault(fault)
        }
    }
}

extension AttemptMessage: Codable {
    private enum Key: String, CodingKey { case type, progress, text, fault }
    private enum Kind: String, Codable { case progress, note, completed, fault }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        switch try values.decode(Kind.self, forKey: .type) {
        case .progress: self = .progress(try values.decode(JobProgress.self, forKey: .progress))
        case .note: self = .note(try values.decode(String.self, forKey: .text))
        case .completed: self = .completed(message: try values.decodeIfPresent(String.self, forKey: .text))
        case .fault: self = .fault(try values.decode(Fault.self, forKey: .fault))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch self {
        case .progress(let progress):
            try values.encode(Kind.progress, forKey: .type)
            try values.encode(progress, forKey: .progress)
        case .note(let text):
            try values.encode(Kind.note, forKey: .type)
            try values.encode(text, forKey: .text)
        case .completed(let message):
            try values.encode(Kind.completed, forKey: .type)
            try values.encodeIfPresent(message, forKey: .text)
        case .fault(let fault):
            try values.encode(Kind.fault, forKey: .type)
            try values.encode(fault, forKey: .fault)
        }
    }
}
