import PluginWire

/// A tool as its worker declared it.
package struct ToolDescription: Sendable, Hashable {
    /// What a tool may want besides its arguments.
    package enum Want: String, Sendable, Hashable, CaseIterable {
        /// An RGB picture in the frame memory.
        case frame
        /// The encoded picture as text.
        case frameBase64 = "frame_base64"
        /// The encoded picture.
        case imageBytes = "image_bytes"
        case progress
    }

    package var name: String
    package var description: String
    /// JSON Schema of the arguments and of the result.
    package var inputSchema: WireValue?
    package var outputSchema: WireValue?
    package var takes: Set<Want>

    package init(
        name: String, description: String = "", inputSchema: WireValue? = nil, outputSchema: WireValue? = nil,
        takes: Set<Want> = []
    ) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
        self.outputSchema = outputSchema
        self.takes = takes
    }

    /// Whether a call may come with a picture.
    package var takesPicture: Bool { !takes.isDisjoint(with: [.frame, .frameBase64, .imageBytes]) }
}
