import PluginHost
import PluginWire

/// The picture in a call's arguments: where a tool takes one, it comes as base 64 under one of these names.
enum PictureArgument {
    static let names = ["frame_base64", "image_bytes", "image_base64"]

    /// Takes the picture out of `arguments`, if the tool wants one.
    ///
    /// - Throws: `VALIDATION_ERROR` where it is not base 64 text, or there are two.
    static func take(
        from arguments: inout [String: WireValue], for tool: ToolDescription
    ) throws(ErrorEnvelope) -> PluginCall.Image {
        guard tool.takesPicture else { return .none }
        var image = PluginCall.Image.none
        for name in names {
            guard let value = arguments[name], value != .null else {
                arguments[name] = nil
                continue
            }
            guard case .none = image else {
                throw ErrorEnvelope(.validationError, "There are two pictures", field: name)
            }
            guard case .string(let text) = value else {
                throw ErrorEnvelope(
                    .validationError, "\"\(name)\" must be a picture in base64, and is \(value.kindName)", field: name)
            }
            guard let bytes = Base64.decode(text), !bytes.isEmpty else {
                throw ErrorEnvelope(
                    .validationError, "\"\(name)\" is not a picture in base64",
                    hint: "Send a JPEG or PNG file's bytes as base64 text", field: name)
            }
            arguments[name] = nil
            image = .encoded(bytes)
        }
        return image
    }

    /// The tool's schema of arguments as clients over HTTP see it: with the picture's field, if it takes one.
    static func schema(for tool: ToolDescription) -> WireValue {
        var schema = tool.inputSchema ?? ["type": "object"]
        if schema["type"] != "object" { schema = ["type": "object"] }
        var properties = schema["properties"]?.asObject ?? [:]
        for name in ["frame", "image", "progress"] + names where tool.takes.contains(where: { $0.rawValue == name }) {
            properties[name] = nil
        }
        var required = (schema["required"]?.asArray ?? []).filter { name in
            !tool.takes.contains { .string($0.rawValue) == name }
        }
        if tool.takesPicture {
            properties["frame_base64"] = [
                "type": "string", "contentEncoding": "base64",
                "description": "The picture: a JPEG or PNG file's bytes in base64",
            ]
            required.append("frame_base64")
        }
        schema["properties"] = .object(properties)
        schema["required"] = required.isEmpty ? nil : .array(required)
        return schema
    }
}
