import Model
import PluginWire

/// A tool's arguments as a command line gives them.
enum ToolArguments {
    /// - Parameters:
    ///   - json: `--args`, an object.
    ///   - pairs: `key=value`, laid over it; a value that is JSON is taken as such, any other as a string.
    static func value(json: String?, pairs: [String]) throws(CommandFailure) -> WireValue {
        var arguments: [String: WireValue] = [:]
        if let json {
            let value: WireValue
            do {
                value = try WireValue(json: Array(json.utf8))
            } catch {
                throw CommandFailure(
                    code: .invalidArgument, message: "is not JSON: \(error.message)", subject: "--args",
                    hint: "Give an object: --args '{\"threshold\": 30}'")
            }
            guard let object = value.asObject else {
                throw CommandFailure(
                    code: .invalidArgument, message: "is \(value.kindName), not an object", subject: "--args",
                    hint: "Give it like this: --args '{\"threshold\": 30}'")
            }
            arguments = object
        }
        for pair in pairs {
            guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
                throw CommandFailure(
                    code: .invalidArgument, message: "is no argument", subject: pair,
                    hint: "Give arguments as key=value, or all of them with --args")
            }
            let text = String(pair[pair.index(after: equals)...])
            arguments[String(pair[..<equals])] = (try? WireValue(json: Array(text.utf8))) ?? .string(text)
        }
        return .object(arguments)
    }
}
