import PluginWire
import Synchronization

/// Reads JSON bodies: bounded each, and bounded all together, so that many large ones at once cannot fill the memory.
package final class JSONBody: Sendable {
    package struct Limits: Sendable, Hashable {
        /// Bytes of one body: a 4K picture as PNG in base 64 fits.
        package var body = 48 << 20
        /// Bytes of all bodies that are being read or worked on.
        package var together = 192 << 20

        package init() {}
    }

    /// What one request holds of the common bound.
    private final class Share: Sendable {
        let bytes = Atomic(0)
    }

    package let limits: Limits
    private let inUse = Mutex(0)

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// The body's JSON object, read and handed to `work` within the common bound.
    ///
    /// - Throws: `INVALID_REQUEST` for what is no JSON, `VALIDATION_ERROR` for JSON that is no object,
    ///   `UNSUPPORTED_MEDIA` for a body that does not say it is JSON.
    func withObject<Result: Sendable>(
        of request: APIRequest,
        _ work: (_ object: [String: WireValue]) async throws(ErrorEnvelope) -> Result
    ) async throws(ErrorEnvelope) -> Result {
        try await withValue(of: request) { value throws(ErrorEnvelope) in
            guard case .object(let object) = value else {
                throw ErrorEnvelope(.validationError, "The body must be a JSON object, and is \(value.kindName)")
            }
            return try await work(object)
        }
    }

    /// The same for any JSON value.
    func withValue<Result: Sendable>(
        of request: APIRequest, upTo limit: Int = .max,
        _ work: (WireValue) async throws(ErrorEnvelope) -> Result
    ) async throws(ErrorEnvelope) -> Result {
        try Self.checkMediaType(of: request)
        let limit = min(limit, limits.body)
        return try await counting { arriving throws(ErrorEnvelope) in
            let bytes = try await request.body(limit, arriving)
            return try await work(Self.parse(bytes, limit: limit))
        }
    }

    /// Counts what arrives, and holds it against the common bound until `work` has ended. What a request says it will
    /// bring does not count: promises of many bytes that come slowly would keep everybody else out.
    func counting<Result: Sendable>(
        _ work: (APIRequest.Arriving) async throws(ErrorEnvelope) -> Result
    ) async throws(ErrorEnvelope) -> Result {
        let own = Share()
        defer { inUse.withLock { $0 -= own.bytes.load(ordering: .relaxed) } }
        return try await work { [self] bytes throws(ErrorEnvelope) in
            let fits = inUse.withLock { inUse in
                guard inUse + bytes <= limits.together else { return false }
                inUse += bytes
                return true
            }
            guard fits else {
                throw ErrorEnvelope(
                    .serviceUnavailable, "Too many large requests at once", hint: "Try again in a moment")
            }
            own.bytes.add(bytes, ordering: .relaxed)
        }
    }

    static func parse(_ bytes: [UInt8], limit: Int) throws(ErrorEnvelope) -> WireValue {
        do {
            return try WireValue(json: bytes, limits: WireLimits(json: limit))
        } catch {
            throw ErrorEnvelope(.invalidRequest, "The body is not JSON: \(error.message)")
        }
    }

    static func checkMediaType(of request: APIRequest) throws(ErrorEnvelope) {
        guard let type = request.mediaType, type != "application/json", !type.hasSuffix("+json") else { return }
        throw ErrorEnvelope(
            .unsupportedMedia, "The body is \(type), not JSON",
            hint: "Send the header Content-Type: application/json", field: "Content-Type")
    }
}

extension [String: WireValue] {
    /// A field that must be there and be text.
    func text(_ name: String) throws(ErrorEnvelope) -> String {
        guard let value = try optionalText(name) else {
            throw ErrorEnvelope(.validationError, "\"\(name)\" is missing", field: name)
        }
        return value
    }

    /// A field that may be missing or null, and else must be text.
    func optionalText(_ name: String) throws(ErrorEnvelope) -> String? {
        switch self[name] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        case .some(let other):
            throw ErrorEnvelope(.validationError, "\"\(name)\" must be a string, and is \(other.kindName)", field: name)
        }
    }

    /// A field that must be there and be an object.
    func object(_ name: String) throws(ErrorEnvelope) -> [String: WireValue] {
        switch self[name] {
        case nil: throw ErrorEnvelope(.validationError, "\"\(name)\" is missing", field: name)
        case .object(let object)?: return object
        case .some(let other):
            throw ErrorEnvelope(
                .validationError, "\"\(name)\" must be an object, and is \(other.kindName)", field: name)
        }
    }

    /// Refuses fields that mean nothing here: most are misspelt ones.
    func refuseFields(otherThan known: Set<String>) throws(ErrorEnvelope) {
        guard let stranger = keys.filter({ !known.contains($0) }).min() else { return }
        throw ErrorEnvelope(
            .validationError, "\"\(stranger.prefix(100))\" is not a field of this request",
            hint: "Fields: \(known.sorted().joined(separator: ", "))", field: String(stranger.prefix(100)))
    }
}
