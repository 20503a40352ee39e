import Synchronization
import Testing

@testable import API

/// Whose upload is taken in.
@Suite struct UploadTurnsTests {
    /// What happened, in order.
    private final class Story: Sendable {
        private let lines = Mutex<[String]>([])

        func tell(_ line: String) { lines.withLock { $0.append(line) } }
        var told: [String] { lines.withLock { $0 } }
    }

    /// Waits for a turn on a task of its own; returns when it waits, with the number of those who then do.
    private func enqueue(_ name: String, _ turns: UploadTurns, _ story: Story) async -> Task<UploadTurns.Turn?, Never> {
        let before = turns.waiting
        let task = Task {
            do {
                let turn = try await turns.take()
                story.tell(name)
                return Optional(turn)
            } catch {
                story.tell("\(name): \(error is CancellationError ? "cancelled" : "\(error)")")
                return nil
            }
        }
        while turns.waiting == before { await Task.yield() }
        return task
    }

    @Test func `turns go round in the order in which they were asked for`() async throws {
        let (turns, story) = (UploadTurns(count: 2, mostWaiting: 8), Story())
        var first: UploadTurns.Turn? = try await turns.take()
        var second: UploadTurns.Turn? = try await turns.take()
        let third = await enqueue("third", turns, story)
        let fourth = await enqueue("fourth", turns, story)
        #expect(story.told == [])
        withExtendedLifetime(first) { first = nil }
        let thirdTurn = await third.value
        #expect(story.told == ["third"])
        withExtendedLifetime(second) { second = nil }
        let fourthTurn = await fourth.value
        #expect(story.told == ["third", "fourth"])
        withExtendedLifetime((thirdTurn, fourthTurn)) {}
    }

    @Test func `who goes away while waiting takes nobody's turn`() async throws {
        let (turns, story) = (UploadTurns(count: 1, mostWaiting: 8), Story())
        var first: UploadTurns.Turn? = try await turns.take()
        let gone = await enqueue("gone", turns, story)
        let next = await enqueue("next", turns, story)
        gone.cancel()
        #expect(await gone.value == nil)
        withExtendedLifetime(first) { first = nil }
        let turn = await next.value
        #expect(story.told == ["gone: cancelled", "next"])
        withExtendedLifetime(turn) {}
    }

    @Test func `more than may wait are told to come back`() async throws {
        let (turns, story) = (UploadTurns(count: 1, mostWaiting: 1), Story())
        var first: UploadTurns.Turn? = try await turns.take()
        let waiting = await enqueue("waiting", turns, story)
        let refusal = await #expect(throws: ErrorEnvelope.self) { _ = try await turns.take() }
        #expect(refusal?.code == .serviceUnavailable)
        #expect(refusal?.retryAfter != nil && refusal?.hint != nil)
        withExtendedLifetime(first) { first = nil }
        #expect(await waiting.value != nil)
        #expect(turns.waiting == 0)
    }
}
