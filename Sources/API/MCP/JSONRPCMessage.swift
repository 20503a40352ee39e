import PluginWire

/// A message of JSON-RPC 2.0, told apart by what it has.
enum JSONRPCMessage: Sendable, Hashable {
    case request(id: WireValue, method: String, parameters: WireValue?)
    case notification(method: String)
    /// An answer to something that this server has never asked.
    case response
    /// No message; `id` is its id where that much could be read.
    case invalid(id: WireValue, reason: String)

    init(_ value: WireValue) {
        guard case .object(let fields) = value else {
            self = .invalid(id: .null, reason: "a message is an object")
            return
        }
        let id = fields["id"]
        let isIDSound =
            switch id {
            case nil, .string?, .integer?: true
            default: false  // MCP's ids are strings or whole numbers, never null.
            }
        guard isIDSound else {
            self = .invalid(id: .null, reason: "\"id\" is no string and no whole number")
            return
        }
        guard fields["jsonrpc"] == "2.0" else {
            self = .invalid(id: id ?? .null, reason: "\"jsonrpc\" is not \"2.0\"")
            return
        }
        if fields["method"] == nil, fields["result"] != nil || fields["error"] != nil {
            self = .response
            return
        }
        guard case .string(let method)? = fields["method"] else {
            self = .invalid(id: id ?? .null, reason: "\"method\" is no string")
            return
        }
        switch fields["params"] {
        case nil, .object?: break
        default:
            self = .invalid(id: id ?? .null, reason: "\"params\" is no object")
            return
        }
        self =
            id.map { .request(id: $0, method: method, parameters: fields["params"]) } ?? .notification(method: method)
    }

    static func result(_ result: WireValue, id: WireValue) -> WireValue {
        ["jsonrpc": "2.0", "id": id, "result": result]
    }
}

/// An error of JSON-RPC: the answer to one request.
struct JSONRPCError: Error, Sendable, Hashable {
    var code: Int64
    var message: String
    var data: WireValue?

    static func invalidRequest(_ reason: String) -> JSONRPCError {
        JSONRPCError(code: -32600, message: "Invalid request: \(reason)")
    }
    static func unknownMethod(_ method: String) -> JSONRPCError {
        JSONRPCError(code: -32601, message: "Method not found: \(method)")
    }
    static func invalidParameters(_ reason: String) -> JSONRPCError {
        JSONRPCError(code: -32602, message: reason)
    }
    /// MCP's own code.
    static func unknownResource(_ uri: String) -> JSONRPCError {
        JSONRPCError(code: -32002, message: "Resource not found: \(uri)", data: ["uri": .string(uri)])
    }

    func answer(id: WireValue) -> WireValue {
        var error: WireValue = ["code": .integer(code), "message": .string(message)]
        error["data"] = data
        return ["jsonrpc": "2.0", "id": id, "error": error]
    }
}
