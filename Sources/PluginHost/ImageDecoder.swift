import Model
import PluginWire
import Synchronization

/// Makes pixels of encoded pictures in processes of its own: decoders are made of C and meet hostile bytes.
///
/// It is a plugin that no list shows, started by the first picture. One that does not start is tried again by later
/// pictures, the wait doubling each time; callers in between are told at once that it is down, and why.
final class ImageDecoder: Sendable {
    private struct State {
        /// Starts since it last worked.
        var tries = 0
        var nextTry = ContinuousClock.now
    }

    static let name = "image-decoder"
    /// For one picture.
    private static let timeLimit = Duration.seconds(20)

    private let plugin: HostedPlugin
    private let configuration: PluginHostConfiguration
    private let state = Mutex(State())

    init(configuration: PluginHostConfiguration) {
        self.configuration = configuration
        var manifest = PluginManifest(name: Self.name, version: "1")
        manifest.runtime = .executable(["@gantry", "plugin-worker", Self.name])
        manifest.document = ["name": .string(Self.name), "version": "1"]
        manifest.timeoutSeconds = Self.timeLimit / .seconds(1)
        manifest.workers = 2
        var own = configuration
        // Hostile pictures may break it often; each time it is soon back.
        own.restarts = 1000
        own.firstBackoff = .milliseconds(1)
        own.restartFactor = 2
        own.longestBackoff = .milliseconds(250)
        // Whether to try again is decided here.
        own.retriesFailedLoads = false
        own.handshakeDeadline = min(configuration.handshakeDeadline, .seconds(10))
        own.loadDeadline = min(configuration.loadDeadline, .seconds(20))
        plugin = HostedPlugin(
            name: Self.name, folder: configuration.stateFolder, configuration: own, board: HealthBoard(),
            fixedManifest: manifest)
    }

    /// - Throws: `toolError` of type `ValueError` for a picture that cannot be decoded, `decoderDown` where the decoder
    ///   itself does not work.
    func decode(_ picture: [UInt8]) async throws(PluginHostFailure) -> RGBFrame {
        try await waitUntilReady()
        let result: ToolResult
        do {
            result = try await plugin.run(
                PluginCall(plugin: Self.name, tool: "decode", image: .encoded(picture))
            ) { _ throws(PluginHostFailure) in throw PluginHostFailure(.invalidArguments, "no pixels are taken") }
        } catch {
            switch error.kind {
            // A picture that breaks the decoder is a bad picture; the decoder is replaced behind it.
            case .workerFault: throw Self.badPicture("it could not be decoded: \(error.message)")
            case .timeout: throw Self.badPicture("it could not be decoded within \(Self.timeLimit.shortSeconds)")
            case .toolError(_, let message): throw Self.badPicture(message)
            case .unavailable: throw down()
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

    func stop(grace: Duration) async { await plugin.stop(grace: grace) }

    // MARK: Start

    private func waitUntilReady() async throws(PluginHostFailure) {
        let end = ContinuousClock.now + configuration.decoderPatience
        while !plugin.isAvailable {
            if plugin.isSettled {
                guard mayTry() else { throw down() }
                plugin.beginLoad(reason: "a picture came", isManual: true)
            }
            guard ContinuousClock.now < end else { throw down() }
            guard (try? await Task.sleep(for: .milliseconds(2))) != nil else {
                throw PluginHostFailure(.cancelled, "The call was cancelled while its picture waited to be decoded")
            }
        }
        state.withLock { $0 = State() }
    }

    /// Whether it is time to start it; says yes to one caller.
    private func mayTry() -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            guard !plugin.isStopped, state.nextTry <= now else { return false }
            state.nextTry =
                now + min(configuration.decoderBackoff * (1 << min(state.tries, 16)), configuration.longestBackoff)
            state.tries += 1
            return true
        }
    }

    private func down() -> PluginHostFailure {
        guard !plugin.isStopped else { return .unavailable(.failed, "the server is stopping") }
        let (isFinal, reason) = plugin.state.withLock { ($0.lifecycle.state.isFinal, $0.lifecycle.reason) }
        guard isFinal else {
            return PluginHostFailure(
                .decoderDown, "The server's image decoder has not started yet",
                hint: "Try again in a moment; the machine may be overloaded")
        }
        let wait = state.withLock { max(.zero, $0.nextTry - .now) }
        return PluginHostFailure(
            .decoderDown, "The server's image decoder does not work: \(reason ?? "no reason is known")",
            hint: "It is tried again in \(wait.wholeSeconds) s; the server's log has more. Tools that take image_bytes "
                + "or frame_base64 need no decoder")
    }

    private static func badPicture(_ why: String) -> PluginHostFailure {
        PluginHostFailure(.toolError(type: "ValueError", message: why), "ValueError: \(why)")
    }
}

extension Duration {
    /// Rounded up.
    fileprivate var wholeSeconds: Int { Int((self / .seconds(1)).rounded(.up)) }
}
