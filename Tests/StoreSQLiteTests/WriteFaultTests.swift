import Foundation
import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// Every single write of a store's life fails once: what was answered stays, what failed can be repeated, nothing is
/// damaged.
@Suite struct WriteFaultTests {
    /// The answers of a store without faults, and what it has after each.
    private struct Reference {
        var answers: [String] = []
        var states: [String] = []

        init(_ folder: String) async throws {
            let store = try SQLiteJobStore(Self.configuration(folder, through: nil))
            var work = FaultWorkload()
            states.append(try await FaultWorkload.state(of: store))
            for index in 0..<FaultWorkload.stepCount {
                answers.append(try await work.step(index, in: store))
                states.append(try await FaultWorkload.state(of: store))
            }
            await store.close()
        }

        static func configuration(_ folder: String, through system: String?) -> StoreConfiguration {
            var configuration = StoreConfiguration(
                folder: folder, policy: RetryPolicy(jitter: 0), generator: SplitMix64(seed: 1), readers: 1)
            configuration.system = system
            // So small that pages are moved into the database all the time.
            configuration.checkpointPages = 12
            return configuration
        }
    }

    @Test(arguments: DiskFault.allCases)
    func aWriteThatFailsOnceIsRepeatedAsIfNothingHadHappened(_ fault: DiskFault) async throws {
        let reference = try await withMemoryFolder { try await Reference($0) }
        for call in 1... {
            let disk = try #require(FaultyFileSystem())
            disk.fail(atCall: call, with: fault, isLasting: false)
            try await withMemoryFolder { folder in
                let store = try await open(folder, disk)
                var work = FaultWorkload()
                for index in 0..<FaultWorkload.stepCount {
                    let answer = try await repeated { () throws(JobsFailure) in try await work.step(index, in: store) }
                    #expect(answer == reference.answers[index], "\(fault) at call \(call), step \(index)")
                }
                #expect(try await FaultWorkload.state(of: store) == reference.states.last)
                await store.close()
                try await check(folder, has: reference.states.suffix(1), "\(fault) at call \(call)")
            }
            if disk.calls < call {
                #expect(call > 60, "the workload writes more than that")
                return
            }
        }
    }

    @Test(arguments: DiskFault.allCases)
    func aDiskThatFailsForGoodKeepsWhatWasAnswered(_ fault: DiskFault) async throws {
        let reference = try await withMemoryFolder { try await Reference($0) }
        for call in 1... {
            let disk = try #require(FaultyFileSystem())
            try await withMemoryFolder { folder in
                // Not while it opens: the other test has that.
                let store = try SQLiteJobStore(Reference.configuration(folder, through: disk.name))
                disk.fail(atCall: call, with: fault, isLasting: true)
                var work = FaultWorkload()
                var answered = 0
                for index in 0..<FaultWorkload.stepCount {
                    do throws(JobsFailure) {
                        let answer = try await work.step(index, in: store)
                        #expect(answer == reference.answers[index])
                        answered = index + 1
                    } catch {
                        #expect(error.kind == .storageFull, "\(error)")
                        break
                    }
                }
                // Reading goes on.
                #expect(try await FaultWorkload.state(of: store) == reference.states[answered])
                await store.close()
                // What was on its way may have arrived.
                let possible = reference.states[answered..<min(answered + 2, reference.states.count)]
                try await check(folder, has: possible, "\(fault) from call \(call)")
            }
            if disk.calls < call { return }
        }
    }

    @Test func callersOfOneCommitDoNotPayForADiskThatFailedOnce() async throws {
        for call in 1...12 {
            let disk = try #require(FaultyFileSystem())
            try await withMemoryFolder { folder in
                let store = try SQLiteJobStore(Reference.configuration(folder, through: disk.name))
                let now = FaultWorkload().now
                disk.fail(atCall: call, with: .full, isLasting: false)
                var generator = SplitMix64(seed: UInt64(call))
                let ids = (0..<30).map { _ in JobID.random(using: &generator) }
                let answered = await withTaskGroup(of: JobID?.self) { group in
                    for id in ids {
                        group.addTask {
                            let video = JobVideo(path: "v", fileName: "v", byteCount: 1)
                            let submission = JobSubmission(id: id, request: JobRequest(video: video, pipelines: ["p"]))
                            // A refusal is as good an answer as any here: then it must not be there.
                            return try? await store.submit(submission, at: now).id
                        }
                    }
                    return await group.reduce(into: Set<JobID>()) { if let id = $1 { $0.insert(id) } }
                }
                #expect(answered.count >= 29)
                for id in ids { #expect((try await store.job(id) != nil) == answered.contains(id)) }
                await store.close()
            }
        }
    }

    /// Opens the store; where a fault prevents it, again.
    private func open(_ folder: String, _ disk: FaultyFileSystem) async throws -> SQLiteJobStore {
        let configuration = Reference.configuration(folder, through: disk.name)
        return try await repeated { () throws(JobsFailure) in try SQLiteJobStore(configuration) }
    }

    /// Once more where the first time fails, with a failure that its user can act on.
    private func repeated<R>(_ body: () async throws(JobsFailure) -> R) async throws -> R {
        do throws(JobsFailure) {
            return try await body()
        } catch {
            #expect(error.kind == .storageFull, "\(error)")
            #expect(error.hint != nil, "\(error)")
            return try await body()
        }
    }

    /// A sound database with one of these states, as the next server finds it.
    private func check(_ folder: String, has states: ArraySlice<String>, _ context: Comment) async throws {
        let connection = try SQLiteConnection(path: "\(folder)/jobs.sqlite", access: .read)
        #expect(try connection.value(of: "PRAGMA integrity_check") == "ok", context)
        let store = try SQLiteJobStore(Reference.configuration(folder, through: nil))
        #expect(states.contains(try await FaultWorkload.state(of: store)), context)
        await store.close()
    }
}

/// A fresh folder for `body`, in memory where the machine has that: tests that open a thousand stores need no disk.
func withMemoryFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    let memory = "/dev/shm"
    guard FileManager.default.isWritableFile(atPath: memory) else { return try await withFolder(body) }
    let path = "\(memory)/gantry-test-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover scratch folder harms nothing
    return try await body(path)
}
