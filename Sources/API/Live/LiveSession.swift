import PluginHost
import PluginWire

/// One live stream: pictures come in, results go out, and a tool that is slower than the camera gets the latest
/// picture, never a queue of old ones.
///
/// Knows nothing of WebSockets: messages come as a sequence, answers leave through a closure.
package struct LiveSession: Sendable {
    /// A message of the client's.
    package enum Message: Sendable {
        case picture([UInt8])
        case text
    }

    /// A frame that waits for the tool.
    private struct Waiting: Sendable {
        var number: Int
        var bytes: [UInt8]
    }

    private let stream: LiveStream
    private let plugins: any PluginService

    package init(_ stream: LiveStream, plugins: any PluginService) {
        self.stream = stream
        self.plugins = plugins
    }

    /// Runs until the messages end, the client goes, or the task is cancelled.
    ///
    /// - Parameter send: Sends a text; throws when the client has gone.
    package func run<Messages: AsyncSequence & Sendable>(
        _ messages: Messages, send: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async where Messages.Element == Message {
        let counters = FrameCounters()
        // The one place of the queue: a new frame throws out the one that waits.
        let (frames, entry) = AsyncStream.makeStream(of: Waiting.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup { group in
            group.addTask {
                defer { entry.finish() }
                do {
                    for try await message in messages {
                        switch message {
                        case .picture(let bytes):
                            let frame = Waiting(number: counters.received(), bytes: bytes)
                            if case .dropped = entry.yield(frame) { counters.dropped() }
                        case .text:
                            try await send(Self.refusal.json)
                        }
                    }
                } catch {
                    // The connection broke, as connections do; there is nobody to tell.
                }
            }
            group.addTask {
                do {
                    for await frame in frames { try await send(answer(to: frame, counters)) }
                } catch {
                    // The client takes no more answers.
                }
            }
            // Whichever ends first ends the other: no answers without a reader, no reading without answers.
            await group.next()
            group.cancelAll()
        }
    }

    private func answer(to frame: Waiting, _ counters: FrameCounters) async -> [UInt8] {
        var body: [UInt8]
        do throws(PluginHostFailure) {
            let result = try await plugins.run(
                PluginCall(
                    plugin: stream.plugin, tool: stream.tool, arguments: stream.arguments,
                    image: .encoded(frame.bytes)))
            body = Array("{\"ok\":true,\"processing_time_ms\":".utf8)
            WireValue.number(result.executionTime.milliseconds).write(to: &body)
            body += ",\"result\":".utf8
            body += result.json
        } catch {
            body = Array("{\"error\":".utf8)
            WireValue.write(error.message, to: &body)
            body += ",\"error_type\":".utf8
            WireValue.write(error.jobErrorType, to: &body)
            body += ",\"ok\":false".utf8
        }
        counters.processed()
        let counts = counters.counts
        body +=
            """
            ,"frame":\(frame.number),"frames":{"dropped":\(counts.dropped),"processed":\(counts.processed),\
            "received":\(counts.received)}}
            """.utf8
        return body
    }

    private static let refusal: WireValue = [
        "ok": false, "error": "Text is not understood here: send each picture as one binary message, JPEG or PNG",
        "error_type": "ValueError",
    ]
}
