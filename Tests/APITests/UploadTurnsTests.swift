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

    @Test func `a client that sends slowly keeps nobody waiting`() async throws {
        let (turns, story) = (UploadTurns(count: 2, mostWaiting: 8, mostSlow: 1), Story())
        let (slow, busy) = (try await turns.take(), try await turns.take())
        let next = await enqueue("next", turns, story)
        let later = await enqueue("later", turns, story)
        let (pieces, piece) = AsyncStream.makeStream(of: Int.self)
        let waits = Mutex(false)
        let sending = Task {
            await slow.waitForClient {
                waits.withLock { $0 = true }
                for await _ in pieces {}
            }
        }
        while !waits.withLock({ $0 }) { await Task.yield() }
        turns.handOn(at: .now + .seconds(10))
        let nextTurn = await next.value
        // The other does not wait for its client, and no more than one may be slow.
        turns.handOn(at: .now + .seconds(20))
        #expect(story.told == ["next"] && turns.waiting == 1)
        piece.finish()
        await sending.value
        // What was slow has no turn to give when it is done.
        withExtendedLifetime(slow) {}
        #expect(turns.waiting == 1)
        withExtendedLifetime(busy) {}
        later.cancel()
        _ = await later.value
        withExtendedLifetime(nextTurn) {}
    }

    @Test func `waiting for most of the time is slow, and only what was since the last look counts`() {
        let start = ContinuousClock.now
        var pace = UploadPace(at: start)
        var looks = [pace.isSlow(at: start + .milliseconds(100), window: .seconds(1))]
        pace.beginWait(at: start + .milliseconds(100))
        pace.endWait(at: start + .milliseconds(900))
        looks.append(pace.isSlow(at: start + .milliseconds(1010), window: .seconds(1)))
        pace.beginWait(at: start + .milliseconds(1100))
        looks.append(pace.isSlow(at: start + .milliseconds(2010), window: .seconds(1)))
        pace.endWait(at: start + .milliseconds(2100))
        looks.append(pace.isSlow(at: start + .milliseconds(3010), window: .seconds(1)))
        #expect(looks == [false, false, true, false])
    }
}
