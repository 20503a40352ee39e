import PluginWire

/// What Gantry may say when, and what a worker does about it: the worker's half of `docs/plugin-protocol.md` as a pure
/// state machine.
package struct WorkerConversation: Sendable {
    package enum State: Hashable, Sendable {
        case awaitingLoad
        case loading
        case ready
        case inCall(id: Int64)
        case ended
    }

    package enum Event: Sendable {
        case message(WireMessage)
        /// The answer to `load` or to a call was sent.
        case loaded, loadFailed, answered
    }

    package enum Action: Sendable {
        case load(PluginContext)
        case validate
        case call(CallRequest)
        /// The call that runs has nobody who waits for it any more.
        case cancel
        case exit
        case nothing
    }

    package struct CallRequest: Sendable {
        package var id: Int64
        package var tool: String
        package var arguments: [String: Value]
        /// Where the picture lies, where the call has one.
        package var frame: Value?
    }

    /// Gantry said what it may not say now, or what cannot be understood.
    package struct Violation: Error, Hashable, CustomStringConvertible {
        package var description: String
    }

    package private(set) var state = State.awaitingLoad

    package init() {}

    package mutating func receive(_ event: Event) throws(Violation) -> Action {
        switch event {
        case .message(let message): return try receive(message)
        case .loaded:
            guard state == .loading else { throw Violation(description: "loaded in state \(state)") }
            state = .ready
        case .loadFailed: state = .ended
        case .answered: state = .ready
        }
        return .nothing
    }

    private mutating func receive(_ message: WireMessage) throws(Violation) -> Action {
        let type = message.type
        switch (type, state) {
        case ("shutdown", _):
            state = .ended
            return .exit
        case ("load", .awaitingLoad):
            let plugin = Value(message.fields["plugin"] ?? .null)
            guard let name = plugin["name"]?.string, let directory = plugin["directory"]?.string else {
                throw Violation(description: "load without the plugin's name and directory")
            }
            state = .loading
            return .load(PluginContext(name: name, directory: directory, manifest: plugin["manifest"] ?? [:]))
        case ("validate", .ready): return .validate
        case ("call", .ready):
            guard let id = message.id, let tool = message.fields["tool"]?.asString else {
                throw Violation(description: "a call without an id or a tool")
            }
            guard let arguments = Value(message.fields["arguments"] ?? [:]).object else {
                throw Violation(description: "a call whose arguments are no object")
            }
            state = .inCall(id: id)
            let frame = message.fields["frame"].flatMap { $0.isNull ? nil : .some(Value($0)) }
            return .call(CallRequest(id: id, tool: tool, arguments: arguments, frame: frame))
        case ("cancel", .inCall(let id)): return message.id == id ? .cancel : .nothing
        case ("cancel", _): return .nothing  // for a call that was answered meanwhile
        case ("load", _), ("validate", _), ("call", _):
            throw Violation(description: "\(type) out of turn, in state \(state)")
        default: return .nothing  // of a newer Gantry: what may be ignored does not raise the version
        }
    }
}
