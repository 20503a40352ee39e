import PluginWire

/// Makes pixels of encoded pictures in processes of its own: decoders are made of C and meet hostile bytes.
final class ImageDecoder: Sendable {
    private let worker: OwnWorker

    init(configuration: PluginHostConfiguration) {
        worker = OwnWorker(
            "image-decoder", noun: "image decoder",
            advice: "Tools that take image_bytes or frame_base64 need no decoder", folder: configuration.programFolder,
            timeLimit: .seconds(20), workers: 2, configuration: configuration)
    }

    /// - Throws: `toolError` of type `ValueError` for a picture that cannot be decoded, `decoderDown` where the decoder
    ///   itself does not work.
    func decode(_ picture: [UInt8]) async throws(PluginHostFailure) -> RGBFrame {
        let result: ToolResult
        do {
            result = try await worker.run(PluginCall(plugin: worker.name, tool: "decode", image: .encoded(picture)))
        } catch {
            switch error.kind {
            // A picture that breaks the decoder is a bad picture; the decoder is replaced behind it.
            case .workerFault: throw Self.badPicture("it could not be decoded: \(error.message)")
            case .timeout: throw Self.badPicture("it could not be decoded within \(worker.timeLimit.shortSeconds)")
            case .toolError(_, let message): throw Self.badPicture(message)
            case .busy:
                throw PluginHostFailure(
                    .busy, "Too many pictures wait to be decoded already", hint: "Try again in a moment")
            default: throw error
            }
        }
        guard let size = try? result.value(), let width = size["width"]?.asInteger,
            let height = size["height"]?.asInteger,
            let frame = RGBFrame(width: Int(width), height: Int(height), bytes: result.blob)
        else { throw Self.badPicture("its decoder gave no picture") }
        return frame
    }

    func stop(grace: Duration) async { await worker.stop(grace: grace) }

    private static func badPicture(_ why: String) -> PluginHostFailure {
        PluginHostFailure(.toolError(type: "ValueError", message: why), "ValueError: \(why)")
    }
}
