import Foundation
import Glibc
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import QueueRedis

/// Redis dies, forgets, stands still, is full, refuses: jobs go on, and Redis shows them again.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct QueueLossTests {
    @Test func `flushed, it is written anew, also where nothing happens meanwhile`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        try await stage.submit(5)
        try await stage.settle()
        try stage.redis.command("FLUSHALL")
        try await eventually { try stage.redis.command("LLEN", "rq:queue:jobs") == "5" }
        #expect(try await stage.agrees())
        #expect(stage.mirror.health.isConnected && stage.mirror.health.rebuilds == 2)
        await stage.close()
    }

    @Test func `killed and back empty, it shows all that happened meanwhile`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        let ids = try await stage.submit(3)
        try await stage.settle()
        stage.redis.kill()
        let claim = try await stage.claim()
        try await stage.store.complete(claim, with: JobResult(path: "r"), at: .now())
        try await stage.submit(2)
        let lost = await stage.reports.next()
        #expect(!lost.isConnected && lost.trouble != nil && lost.lastErrorAt != nil)
        try stage.redis.start()
        await stage.connected()
        try await stage.settle()
        #expect(try await stage.agrees())
        #expect(try stage.read(ids).finished == [ids[0].text])
        await stage.close()
    }

    @Test func `standing still, it holds nobody up, and its loss is noticed`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        stage.redis.signal(SIGSTOP)
        // Each waits for its moment at most: while Redis stands still, all of this comes to its end.
        for id in try await stage.submit(3) { await stage.mirror.shows(id) }
        let lost = await stage.reports.next()
        #expect(!lost.isConnected && lost.trouble?.contains("not answered in time") == true)
        for id in try await stage.submit(50) { await stage.mirror.shows(id) }
        stage.redis.signal(SIGCONT)
        await stage.connected()
        try await stage.settle()
        #expect(try await stage.agrees())
        await stage.close()
    }

    @Test func `slow for a moment, it is not lost`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        async let pause = stage.redis.command("DEBUG", "SLEEP", "0.7")
        try await stage.submit(20)
        _ = try await pause
        try await stage.settle()
        #expect(try await stage.agrees())
        #expect(stage.mirror.health.rebuilds == 1)
        await stage.close()
    }

    @Test func `full, it says so; with room again, it shows what it missed`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        try await stage.submit(10)
        try await stage.settle()
        try stage.redis.command("CONFIG", "SET", "maxmemory", "1")
        try await stage.submit(10)
        let lost = await stage.reports.next()
        #expect(!lost.isConnected && lost.trouble?.contains("memory is full (maxmemory)") == true)
        try stage.redis.command("CONFIG", "SET", "maxmemory", "0")
        await stage.connected()
        try await stage.settle()
        #expect(try await stage.agrees())
        await stage.close()
    }

    @Test func `a Redis that throws keys away is warned of`() async throws {
        let stage = try await MirrorStage(["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"])
        await stage.connected()
        #expect(stage.mirror.health.warnings.contains { $0.contains("allkeys-lru") })
        await stage.close()
    }

    @Test(
        arguments: [
            ("unix://:wrong-secret@SOCKET", ["--requirepass", "right"], "does not know this name or password"),
            ("unix://SOCKET", ["--requirepass", "right"], "wants a password"),
            ("unix://:wrong-secret@SOCKET", [], "no password"),
            ("unix://SOCKET?db=77", [], "no database 77"),
            ("unix://SOCKET", ["--replicaof", "127.0.0.1", "1"], "read-only copy"),
            (
                "unix://SOCKET", ["--user", "default", "on", "nopass", "~*", "-@all", "+ping", "+info"],
                "may not do that"
            ),
        ])
    func `what Redis refuses is said with what to do, without the password`(
        url: String, options: [String], words: String
    ) async throws {
        let redis = try RedisServer(options)
        let health = try await trouble(url.replacing("SOCKET", with: redis.socket))
        #expect(health.trouble?.contains(words) == true, "\(health.trouble ?? "nothing")")
        #expect(health.trouble?.contains("secret") == false)
    }

    @Test(
        arguments: ["redis://127.0.0.1:1", "redis://no.such.host.invalid"])
    func `where nobody listens, or somebody else does`(url: String) async throws {
        let health = try await trouble(url)
        #expect(health.trouble?.contains("does not answer") == true, "\(health.trouble ?? "nothing")")
    }

    @Test func `what answers in another language is no Redis`() async throws {
        let server = try OtherServer(answer: "HTTP/1.1 400 Bad Request\r\n\r\n")
        let health = try await trouble("redis://127.0.0.1:\(server.port)")
        #expect(health.trouble?.contains("does not speak Redis' protocol") == true, "\(health.trouble ?? "nothing")")
    }

    @Test(
        arguments: [
            (
                "-DENIED Redis is running in protected mode because protected mode is enabled\r\n",
                "is in protected mode"
            ),
            ("-ERR max number of clients reached\r\n", "too many clients"),
            ("-LOADING Redis is loading the dataset in memory\r\n", "still loading"),
            ("+OK\r\n-MOVED 1 10.0.0.1:6379\r\n", "part of a cluster"),
        ])
    func `who is turned away at the door knows why`(answer: String, words: String) async throws {
        let server = try OtherServer(answer: answer)
        let health = try await trouble("redis://:secret@127.0.0.1:\(server.port)/1")
        #expect(health.trouble?.contains(words) == true, "\(health.trouble ?? "nothing")")
    }

    @Test func `another server under the same identity is noticed, and both go on`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        try await stage.submit(2)
        try await stage.settle()
        try stage.redis.command("SET", "gantry:queue:jobs:0123456789ab:token", "somebody")
        try await eventually { stage.mirror.health.rebuilds >= 2 }
        try await eventually { try stage.redis.command("LLEN", "rq:queue:jobs") == "2" }
        await stage.close()
    }

    @Test func `two servers show their jobs in one queue`() async throws {
        let first = try await MirrorStage()
        await first.connected()
        let second = try await MirrorStage()
        let both = QueueMirror(
            store: second.store,
            settings: QueueSettings(endpoint: try RedisEndpoint(first.redis.url), names: try QueueNames("jobs")),
            identity: "ba9876543210")
        both.start()
        let (here, there) = (try await first.submit(3), try await second.submit(2))
        try await eventually { try first.redis.command("LLEN", "rq:queue:jobs") == "5" }
        try first.redis.command("FLUSHALL")
        try await eventually {
            Set(try first.redis.lines("LRANGE", "rq:queue:jobs", "0", "-1")) == Set((here + there).map(\.text))
        }
        await both.stop()
        await second.close()
        await first.close()
    }

    @Test(
        arguments: [UInt64.random(in: 0...(.max))])
    func `at random moments, in every form, while jobs come and go`(seed: UInt64) async throws {
        print("chaos seed \(seed)")
        var dice = SplitMix64(seed: seed)
        let stage = try await MirrorStage()
        await stage.connected()
        var claims: [Claim] = []
        for round in 0..<300 {
            switch Int.random(in: 0..<10, using: &dice) {
            case 0...3: try await stage.submit(Int.random(in: 1...5, using: &dice), owner: "o\(round % 3)")
            case 4, 5:
                let request = ClaimRequest(worker: WorkerID("w"), limit: 2, leaseDuration: .seconds(600))
                claims += try await stage.store.claim(request, at: .now()).claims
            case 6...8:
                guard let claim = claims.randomElement(using: &dice) else { continue }
                claims.removeAll { $0 == claim }
                let step: JobTransition.Step =
                    switch Int.random(in: 0..<4, using: &dice) {
                    case 0: .complete(JobResult(path: "r"))
                    case 1: .fail(Fault(kind: .permanent, code: "X", message: "y"))
                    case 2: .fail(Fault(kind: .transient, code: "X", message: "y"))
                    default: .cancel
                    }
                try await stage.store.step(step, of: claim, at: .now())
            default:
                let page = try await stage.store.list(JobQuery(perPage: 50))
                guard let job = page.jobs.filter({ $0.state.isTerminal }).randomElement(using: &dice) else { continue }
                try await stage.store.delete(job.id, at: .now())
            }
            switch Int.random(in: 0..<40, using: &dice) {
            case 0:
                stage.redis.kill()
                try stage.redis.start()
            case 1: try stage.redis.command("FLUSHALL")
            case 2:
                stage.redis.signal(SIGSTOP)
                try await stage.submit()
                stage.redis.signal(SIGCONT)
            case 3:
                try stage.redis.command("CONFIG", "SET", "maxmemory", "1")
                try await stage.submit()
                try stage.redis.command("CONFIG", "SET", "maxmemory", "0")
            case 4: try stage.redis.command("CLIENT", "KILL", "TYPE", "normal")
            case 5: try stage.redis.command("DEL", "rq:queue:jobs")
            case 6: try stage.redis.command("LPOP", "rq:queue:jobs", "3")
            case 7: _ = try await stage.claimAndDrop(&claims)
            default: break
            }
        }
        let end = ContinuousClock.now + .seconds(90)
        while !(try await stage.agrees()) {
            try #require(ContinuousClock.now < end, "Redis does not come to show what the store holds")
            await Task.yield()
        }
        await stage.close()
    }

    private func trouble(_ url: String) async throws -> QueueHealth {
        let redis = try await MirrorStage()
        let reports = Reports()
        let mirror = QueueMirror(
            store: redis.store,
            settings: QueueSettings(endpoint: try RedisEndpoint(url), names: try QueueNames("jobs")),
            identity: "0123456789ab",
            observer: { if case .connection(let health) = $0 { reports.add(health) } })
        mirror.start()
        let health = await reports.next()
        await mirror.stop()
        await redis.close()
        return health
    }
}

extension MirrorStage {
    /// Interrupts whatever is held, as a server's restart does.
    func claimAndDrop(_ claims: inout [Claim]) async throws -> Int {
        let dropped = try await store.interruptRunning(heldBy: nil, reason: "test", at: .now())
        claims = []
        return dropped.count
    }
}

/// Something that listens and is no Redis.
final class OtherServer: Sendable {
    let port: UInt16
    private let listener: Int32

    init(answer: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = unsafe bind(listener, pointer, length)
                _ = unsafe getsockname(listener, pointer, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(listen(listener, 4) == 0 && port > 0)
        Thread.detachNewThread {
            while case let client = accept(listener, nil, nil), client >= 0 {
                _ = unsafe answer.withCString { unsafe send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
                Glibc.close(client)
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }
}
