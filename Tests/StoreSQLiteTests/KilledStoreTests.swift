import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import StoreSQLite

/// A server that is killed at any moment loses nothing that it acknowledged, doubles nothing that its clients send
/// again, and leaves a sound database in which nothing is stuck.
@Suite struct KilledStoreTests {
    /// `GANTRY_KILLS=10000 swift test --filter KilledStoreTests` is the long run.
    private static let rounds = ProcessInfo.processInfo.environment["GANTRY_KILLS"].flatMap { Int($0) } ?? 25

    @Test func nothingIsLostAtRandomMoments() async throws {
        var generator = SplitMix64(seed: 1)
        try await withFolder { folder in
            var ledger = Ledger()
            for round in 1...Self.rounds {
                let lines = Int.random(in: 0...60, using: &generator)
                try Victim.run(in: folder, seed: UInt64(round), ledger: &ledger, killedAfter: lines)
                if round % 10 == 0 || round == Self.rounds { try await ledger.audit(folder, "round \(round)") }
            }
        }
    }

    @Test(arguments: [StorePoint.locked, .begun, .applied, .beforeCommit, .committed, .answered], [1, 7, 40])
    func nothingIsLostAtANamedMoment(_ point: StorePoint, count: Int) async throws {
        try await withFolder { folder in
            var ledger = Ledger()
            try Victim.run(in: folder, seed: 1, ledger: &ledger, killedAfter: 30)
            for seed: UInt64 in 2...3 {
                let trap = point == .locked ? 1 : count
                try Victim.run(in: folder, seed: seed, ledger: &ledger, trap: ["\(point.rawValue)", "\(trap)"])
            }
            try await ledger.audit(folder, "\(point) \(count)")
        }
    }
}

/// What the clients of all the killed servers were told.
private struct Ledger {
    static let clients = 3
    var submitted: [String: JobID] = [:]
    var ended: [JobID: JobState] = [:]
    var next = [Int](repeating: 0, count: clients)

    mutating func note(_ line: Substring) throws {
        let words = line.split(separator: " ")
        guard let verb = words.first, verb != "open", words.count >= 2 else { return }
        let id = try #require(JobID(String(words[words.count - 1])))
        if verb == "submitted" {
            let key = String(words[1])
            #expect(submitted[key] == nil || submitted[key] == id, "\(key) is two jobs")
            submitted[key] = id
            let parts = key.split(separator: "-").compactMap { Int($0) }
            next[parts[0]] = max(next[parts[0]], parts[1] + 1)
        } else {
            let state = try #require(JobState(rawValue: String(verb)))
            #expect(ended[id] == nil || ended[id] == state, "\(id) ended twice")
            ended[id] = state
        }
    }

    /// Opens the store as the next server would, and compares.
    func audit(_ folder: String, _ context: Comment) async throws {
        let connection = try SQLiteConnection(path: "\(folder)/jobs.sqlite", access: .read)
        #expect(try connection.value(of: "PRAGMA integrity_check") == "ok", context)
        #expect(try connection.value(of: "PRAGMA foreign_key_check") == nil, context)
        let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
        var ids: Set<JobID> = []
        for (key, id) in submitted {
            let job = try #require(try await store.job(id), "\(context): \(key) is lost")
            #expect(job.request.video.sha256 == key, context)
            ids.insert(id)
        }
        #expect(ids.count == submitted.count, context)
        for (id, state) in ended {
            #expect(try await store.job(id)?.state == state, "\(context): \(id) was \(state)")
        }
        // At most one submission of each client was on its way, unanswered, when each server died; each has been sent
        // again by now, or is one more job.
        let total = try await store.counts().total
        #expect(total >= submitted.count && total <= submitted.count + Self.clients, context)

        let entries = try await store.log(after: 0, of: nil, limit: .max).entries
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.sequence < $1.sequence }, context)
        var ends: [JobID: Int] = [:]
        for entry in entries {
            switch entry.change {
            case .completed, .failed, .cancelled: ends[entry.job, default: 0] += 1
            default: break
            }
        }
        #expect(ends.values.allSatisfy { $0 == 1 }, context)
        await store.close()
    }
}

/// A run of the program that is killed.
private enum Victim {
    static func run(
        in folder: String, seed: UInt64, ledger: inout Ledger, killedAfter lines: Int? = nil, trap: [String] = []
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: GantryProgram.path).deletingLastPathComponent()
            .appendingPathComponent("gantry-store-victim")
        let keys = ledger.next.map(String.init).joined(separator: ",")
        process.arguments = [folder, "\(seed)", keys] + trap
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var rest = Data()
        var seen = 0
        var isKilled = false
        while true {
            if let lines, seen >= lines, !isKilled {
                kill(process.processIdentifier, SIGKILL)
                isKilled = true
            }
            let piece = output.fileHandleForReading.availableData
            if piece.isEmpty { break }
            rest += piece
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                try ledger.note(Substring(decoding: rest[..<end], as: UTF8.self))
                rest = Data(rest[(end + 1)...])
                seen += 1
            }
        }
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL)
    }
}
