/// What one side says to the other at a time: a JSON object, and bytes that need no JSON.
package struct WireMessage: Sendable, Hashable {
    /// The object's keys, without ``opaqueKey``.
    package var fields: [String: WireValue]
    /// The JSON text of the key `value`: a tool's result, checked but not taken apart, as large as it may be.
    package var opaque: [UInt8]?
    package var blob: [UInt8]

    /// The key whose value travels as text.
    package static let opaqueKey = "value"

    package init(_ type: String, _ fields: [String: WireValue] = [:], opaque: [UInt8]? = nil, blob: [UInt8] = []) {
        self.fields = fields
        self.fields["type"] = .string(type)
        self.opaque = opaque
        self.blob = blob
    }

    /// A message whose whole object is `value`.
    package init(_ value: WireValue, blob: [UInt8] = []) {
        fields = value.asObject ?? [:]
        opaque = fields.removeValue(forKey: Self.opaqueKey)?.json
        self.blob = blob
    }

    /// Reads the text of a message.
    package init(json: [UInt8], blob: [UInt8], limits: WireLimits = .standard) throws(WireFailure) {
        do throws(WireFailure) {
            var parser = try JSONParser(json, limits: limits)
            let (fields, opaque) = try parser.object(opaqueKey: Self.opaqueKey)
            guard fields["type"]?.asString != nil else {
                throw WireFailure(.protocolBroken, "a message without a type")
            }
            self.fields = fields
            self.opaque = opaque.map { Array(json[$0]) }
            self.blob = blob
        } catch {
            throw WireFailure(.protocolBroken, error.message)
        }
    }

    package var type: String { fields["type"]?.asString ?? "" }
    package var id: Int64? { fields["id"]?.asInteger }

    /// The whole object as a tree.
    package func value(limits: WireLimits = .standard) throws(WireFailure) -> WireValue {
        var all = fields
        if let opaque { all[Self.opaqueKey] = try WireValue(json: opaque, limits: limits) }
        return .object(all)
    }

    /// Header and text; the blob follows them.
    package func head(limits: WireLimits = .standard) throws(WireFailure) -> [UInt8] {
        guard fields.values.allSatisfy(\.isFinite) else {
            throw WireFailure(.json, "NaN and infinity have no place in a message")
        }
        var text = WireValue.object(fields).json
        if let opaque {
            text.removeLast()
            text += ",\"\(Self.opaqueKey)\":".utf8
            text += opaque
            text.append(UInt8(ascii: "}"))
        }
        guard text.count <= limits.json, blob.count <= limits.blob else {
            throw WireFailure(
                .json,
                "the message has \(text.count) bytes of JSON and \(blob.count) of blob; at most \(limits.json) and "
                    + "\(limits.blob) are allowed")
        }
        return WireHeader.bytes(json: text.count, blob: blob.count) + text
    }

    /// All bytes of the message.
    package func encoded(limits: WireLimits = .standard) throws(WireFailure) -> [UInt8] {
        try head(limits: limits) + blob
    }
}
