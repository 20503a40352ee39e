import Testing

@testable import PluginHost

struct LoadGateTests {
    @Test func noMoreThanItsPlacesAreInsideAndAllGetThrough() async {
        let gate = LoadGate(places: 3, turn: .seconds(600))
        let census = Census()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await gate.pass {
                        await census.enter()
                        for _ in 0..<20 { await Task.yield() }
                        await census.leave()
                    }
                }
            }
        }
        #expect(await census.left == 50)
        #expect(await census.most <= 3)
    }

    private actor Census {
        var (inside, most, left) = (0, 0, 0)

        func enter() {
            inside += 1
            most = max(most, inside)
        }

        func leave() {
            inside -= 1
            left += 1
        }
    }

    @Test func oneThatHangsGivesItsPlaceAway() async {
        let gate = LoadGate(places: 1, turn: .milliseconds(1))
        let (hanging, release) = AsyncStream.makeStream(of: Void.self)
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            await gate.pass {
                enter.yield()
                for await _ in hanging { break }
            }
        }
        for await _ in entered { break }
        await gate.pass {}
        release.yield()
        await first.value
        // Its place was given back once only: still one at a time.
        await gate.pass {}
    }

    @Test func aFailureGivesItsPlaceBack() async {
        let gate = LoadGate(places: 1, turn: .seconds(600))
        for _ in 0..<3 {
            await #expect(throws: CancellationError.self) { try await gate.pass { throw CancellationError() } }
        }
        await gate.pass {}
    }
}
