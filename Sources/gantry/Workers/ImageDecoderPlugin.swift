import Media
import PluginKit

/// Decodes pictures that strangers send, in a process of its own: a decoder that they break breaks no server.
struct ImageDecoderPlugin: Plugin {
    init(_ context: PluginContext) throws { try Libav.load() }

    var tools: [Tool] {
        [
            Tool(
                "decode",
                "Decodes a JPEG or PNG picture; its pixels (rgb8, rows without padding) come as the result's blob.",
                takes: [.imageBytes],
                output: [
                    "type": "object", "required": ["width", "height"],
                    "properties": ["width": ["type": "integer"], "height": ["type": "integer"]],
                ]
            ) { call in
                let file = try call.imageBytes
                let picture: StillPicture
                do throws(MediaFailure) {
                    picture = try StillPicture(decoding: file)
                } catch {
                    throw ToolError(type: "ValueError", message: "\(error)")
                }
                call.attachment = picture.rgb8
                return ["width": Value(picture.width), "height": Value(picture.height)]
            }
        ]
    }
}
