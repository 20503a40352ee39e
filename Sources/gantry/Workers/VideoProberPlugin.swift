import Media
import PluginKit

/// Looks at videos that strangers send, in a process of its own: a demuxer that they break breaks no server.
struct VideoProberPlugin: Plugin {
    init(_ context: PluginContext) throws {
        // What a decoder gives back is soon taken again: fetching it afresh from the kernel would be a third of the work.
        Libav.keepMemory()
        try Libav.load()
    }

    var tools: [Tool] {
        [
            Tool(
                "probe", "Says whether a file is a video, and what it is.",
                parameters: [Parameter("path", .string, "The file")],
                output: [
                    "type": "object", "required": ["codec", "width", "height"],
                    "properties": [
                        "duration_seconds": ["type": "number"], "codec": ["type": "string"],
                        "width": ["type": "integer"], "height": ["type": "integer"],
                    ],
                ]
            ) { call in
                let path = try call.argument("path", as: String.self)
                let glance: VideoGlance
                do throws(MediaFailure) {
                    glance = try VideoGlance(at: path, interrupt: Interrupt(deadline: .milliseconds(1500)))
                } catch {
                    // Without the path: it is the server's own.
                    throw ToolError(type: error.code.rawValue, message: error.message)
                }
                var facts: [String: Value] = [
                    "codec": Value(glance.codec), "width": Value(glance.width), "height": Value(glance.height),
                ]
                facts["duration_seconds"] = glance.seconds.map { Value($0) }
                return Value(facts)
            }
        ]
    }
}
