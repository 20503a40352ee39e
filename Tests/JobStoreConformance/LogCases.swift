import Jobs
import Testing

extension JobStoreConformance {
    static let log: [JobStoreConformance] = [
        JobStoreConformance("the log tells each change once, in order, and goes on where a reader left") { place in
            var store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(2, from: &samples, at: clock.now)
            let first = try await store.claimOne("w", at: clock.now)
            try await store.fail(first, with: Samples.transient, at: clock.now)
            let second = try await store.claimOne("w", at: clock.now)
            try await store.complete(second, with: JobResult(path: "r", message: "half"), at: clock.now)
            try await store.cancel(ids[0], at: clock.now)
            let expected: [(JobID, JobChange)] = [
                (ids[0], .submitted), (ids[1], .submitted),
                (ids[0], .started(attempt: 1, worker: WorkerID("w"))),
                (ids[0], .requeued(attempt: 2, reason: Samples.transient.message, delay: .seconds(2))),
                (ids[1], .started(attempt: 1, worker: WorkerID("w"))),
                (ids[1], .completed(message: "half")), (ids[0], .cancelled),
            ]
            let page = try await store.log(after: 0, of: nil, limit: 100)
            #expect(page.entries.map(\.job) == expected.map(\.0))
            #expect(page.entries.map(\.change) == expected.map(\.1))
            #expect(page.entries.allSatisfy { $0.at == clock.now.wall })
            #expect(zip(page.entries, page.entries.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
            #expect(!page.hasGap)

            let middle = page.entries[2].sequence
            let rest = try await store.log(after: middle, of: nil, limit: 2)
            #expect(rest.entries == Array(page.entries[3...4]))
            #expect(rest.last == page.entries[4].sequence)
            let own = try await store.log(after: middle, of: ids[1], limit: 100)
            #expect(own.entries == [page.entries[4], page.entries[5]])
            #expect(own.last >= page.entries[6].sequence)
            let nothing = try await store.log(after: own.last, of: nil, limit: 100)
            #expect(nothing == JobLogPage(entries: [], hasGap: false, last: own.last))
            await store.close()

            store = try await place.open()
            #expect(try await store.log(after: 0, of: nil, limit: 100) == page)
            _ = try await store.add(from: &samples, at: clock.now)
            let more = try await store.log(after: page.last, of: nil, limit: 100)
            #expect(more.entries.map(\.change) == [.submitted])
            await store.close()
        },
        JobStoreConformance("of a job's progress the log keeps the newest") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let claim = try await store.claimOne("w", at: clock.now)
            var seen: [Double] = []
            var last: Int64 = 0
            for step in 1...4 {
                let progress = JobProgress(stage: "s", fraction: Double(step) / 4)
                try await store.report(progress, of: claim, at: clock.now)
                guard step != 2 else { continue }
                let page = try await store.log(after: last, of: id, limit: 100)
                last = page.last
                for entry in page.entries {
                    if case .progressed(let progress) = entry.change { seen.append(progress.fraction) }
                }
            }
            #expect(seen == [0.25, 0.75, 1])
            let all = try await store.log(after: 0, of: id, limit: 100).entries.map(\.change)
            let expected: [JobChange] = [
                .submitted, .started(attempt: 1, worker: WorkerID("w")),
                .progressed(JobProgress(stage: "s", fraction: 1)),
            ]
            #expect(all == expected)
            await store.close()
        },
        JobStoreConformance("who asks for more than the trimmed log has is told so") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            _ = try await store.add(10, from: &samples, at: clock.now)
            let all = try await store.log(after: 0, of: nil, limit: 100)
            try await store.trimLog(keeping: 3)
            let late = try await store.log(after: 0, of: nil, limit: 100)
            #expect(late.entries == Array(all.entries.suffix(3)))
            #expect(late.hasGap)
            let current = try await store.log(after: all.entries[6].sequence, of: nil, limit: 100)
            #expect(!current.hasGap)
            #expect(current.entries == late.entries)
            try await store.trimLog(keeping: 100)
            #expect(try await store.log(after: 0, of: nil, limit: 100).entries.count == 3)
            await store.close()
        },
        JobStoreConformance("listeners hear of every change, once it can be read") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            var changes = store.changes().makeAsyncIterator()
            for _ in 0..<3 {
                let id = try await store.add(from: &samples, at: clock.now)[0]
                let sequence = try #require(await changes.next())
                let page = try await store.log(after: sequence - 1, of: nil, limit: 10)
                #expect(page.entries.map(\.job) == [id])
            }
            let unheard = store.changes()
            await store.close()
            #expect(await changes.next() == nil)
            var late = unheard.makeAsyncIterator()
            #expect(await late.next() == nil)
        },
    ]
}
