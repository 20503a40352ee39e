import PluginHost
import PluginWire
import Synchronization
import Testing

@testable import API

@Suite struct LiveSessionTests {
    /// Lets a test decide when a call ends.
    private final class Gate: Sendable {
        private let state = Mutex<(waiting: [CheckedContinuation<Void, Never>], open: Int)>(([], 0))

        func pass() async {
            await withCheckedContinuation { continuation in
                let goes = state.withLock { state in
                    if state.open > 0 {
                        state.open -= 1
                        return true
                    }
                    state.waiting.append(continuation)
                    return false
                }
                if goes { continuation.resume() }
            }
        }

        func open() {
            let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard !state.waiting.isEmpty else {
                    state.open += 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            next?.resume()
        }
    }

    @Test("a slow tool gets the latest frame, and those in between are counted as dropped")
    func latestWins() async throws {
        let (started, calls) = (AsyncStream.makeStream(of: [UInt8].self), Gate())
        let plugins = FakePlugins(tools: ["motion": [FakePlugins.detect]]) { call throws(PluginHostFailure) in
            if case .encoded(let bytes) = call.image { started.continuation.yield(bytes) }
            await calls.pass()
            return ToolResult(json: Array("{}".utf8), executionTime: .milliseconds(1))
        }
        let session = LiveSession(LiveStream(plugin: "motion", tool: "detect", arguments: [:]), plugins: plugins)
        let (messages, camera) = AsyncStream.makeStream(of: LiveSession.Message.self)
        let (answers, mouth) = AsyncStream.makeStream(of: [UInt8].self)
        let running = Task { await session.run(messages) { mouth.yield($0) } }
        var begun = started.stream.makeAsyncIterator()
        var answer = answers.makeAsyncIterator()

        camera.yield(.picture([1]))
        #expect(await begun.next() == [1])
        // The text's answer says that the frames before it have been taken.
        for number in UInt8(2)...5 { camera.yield(.picture([number])) }
        camera.yield(.text)
        #expect(try WireValue(json: await answer.next() ?? [])["ok"] == false)
        calls.open()
        let first = try WireValue(json: await answer.next() ?? [])
        #expect(first["ok"] == true && first["frame"] == 1)
        #expect(await begun.next() == [5])
        calls.open()
        let second = try WireValue(json: await answer.next() ?? [])
        #expect(second["frame"] == 5)
        #expect(second["frames"] == ["received": 5, "processed": 2, "dropped": 3])
        camera.finish()
        await running.value
    }

    @Test("a failed call is an answer; the stream goes on")
    func failure() async throws {
        let plugins = FakePlugins(tools: ["motion": [FakePlugins.detect]]) { call throws(PluginHostFailure) in
            if case .encoded([1]) = call.image {
                throw PluginHostFailure(.toolError(type: "ValueError", message: "no"), "no")
            }
            return ToolResult(json: Array("7".utf8), executionTime: .milliseconds(1))
        }
        let session = LiveSession(LiveStream(plugin: "motion", tool: "detect", arguments: [:]), plugins: plugins)
        let (messages, camera) = AsyncStream.makeStream(of: LiveSession.Message.self)
        let (answers, mouth) = AsyncStream.makeStream(of: [UInt8].self)
        let running = Task { await session.run(messages) { mouth.yield($0) } }
        var answer = answers.makeAsyncIterator()
        camera.yield(.picture([1]))
        let bad = try WireValue(json: await answer.next() ?? [])
        #expect(bad["ok"] == false && bad["error"] == "no" && bad["error_type"] == "ValueError")
        camera.yield(.picture([2]))
        #expect(try WireValue(json: await answer.next() ?? [])["result"] == 7)
        camera.finish()
        await running.value
    }

    @Test("a client that has gone ends the stream, also during a call")
    func gone() async throws {
        struct Gone: Error {}
        let session = LiveSession(
            LiveStream(plugin: "motion", tool: "detect", arguments: [:]),
            plugins: FakePlugins(tools: ["motion": [FakePlugins.detect]]))
        let (messages, camera) = AsyncStream.makeStream(of: LiveSession.Message.self)
        camera.yield(.picture([1]))
        await session.run(messages) { _ in throw Gone() }
    }
}

@Suite struct LiveStreamGateTests {
    private func refusal(_ gate: LiveStreamGate, _ client: String) -> ErrorCode? {
        do throws(ErrorEnvelope) {
            _ = try gate.enter(client)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a client has its share of the streams, all together have theirs, and a place comes back once")
    func bounds() throws {
        var limits = LiveStreamGate.Limits()
        (limits.perClient, limits.together) = (2, 3)
        let gate = LiveStreamGate(limits)
        let first = try gate.enter("a")
        let second = try gate.enter("a")
        #expect(refusal(gate, "a") == .rateLimited)
        // One that goes without having begun.
        #expect(refusal(gate, "b") == nil)
        let third = try gate.enter("b")
        #expect(refusal(gate, "b") == .serviceUnavailable)
        first.giveBack()
        first.giveBack()
        #expect(refusal(gate, "b") == nil)
        let fourth = try gate.enter("a")
        #expect(refusal(gate, "a") == .rateLimited)
        withExtendedLifetime((second, third, fourth)) {}
    }
}
