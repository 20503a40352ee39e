import HTTPKit
import Testing

/// The client against this module's own server.
@Suite struct ClientTests {
    private func withClient(
        largestBody: Int = 1 << 20, limits change: (inout HTTPLimits) -> Void = { _ in },
        _ body: (HTTPClient) async throws -> Void
    ) async throws {
        var configuration = HTTPServerConfiguration()
        configuration.logger.logLevel = .critical
        configuration.limits.shutdownDeadline = .seconds(3)
        change(&configuration.limits)
        var router = Router()
        router.on(.post, "/echo") { request in
            HTTPResponse(.ok, body: .bytes(try await request.body.collect(upTo: 1 << 20)))
        }
        router.on(.get, "/never", options: RouteOptions(deadline: .none)) { _ in
            // Ends with its client.
            try await Task.sleep(for: .seconds(3600))
            return HTTPResponse(.ok)
        }
        let server = HTTPServer(configuration: configuration, router: router)
        let client = HTTPClient(host: "127.0.0.1", port: try await server.start(), largestBody: largestBody)
        do {
            try await body(client)
        } catch {
            Issue.record(error)
        }
        client.close()
        await server.shutDown()
    }

    private func reason(
        _ client: HTTPClient, _ request: ClientRequest, deadline: Duration = .seconds(30)
    ) async -> HTTPClientFailure.Reason? {
        do throws(HTTPClientFailure) {
            _ = try await client.ask(request, deadline: deadline)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func requestsFollowEachOtherAndGoSideBySide() async throws {
        try await withClient { client in
            for count in [0, 1, 70_000] {
                let body = [UInt8](repeating: 7, count: count)
                let answer = try await client.ask(ClientRequest(.post, "/echo", body: body), deadline: .seconds(30))
                #expect(answer.status == 200 && answer.body == body)
            }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<20 as Range<UInt8> {
                    group.addTask {
                        try await client.ask(
                            ClientRequest(.post, "/echo", body: [number]), deadline: .seconds(30)
                        ).body == [number]
                    }
                }
                for try await isOwn in group { #expect(isOwn) }
            }
            let missing = try await client.ask(ClientRequest(.get, "/none"), deadline: .seconds(30))
            #expect(missing.status == 404)
        }
    }

    @Test func aConnectionThatTheServerEndedIsReplaced() async throws {
        try await withClient(limits: { $0.idleDeadline = .milliseconds(20) }) { client in
            for _ in 0..<5 {
                let answer = try await client.ask(ClientRequest(.post, "/echo", body: [1]), deadline: .seconds(30))
                #expect(answer.status == 200)
                // Longer than the server keeps a connection that nobody uses.
                try await Task.sleep(for: .milliseconds(60))
            }
        }
    }

    @Test func whatGoesWrongIsNamed() async throws {
        try await withClient(largestBody: 100) { client in
            #expect(
                await reason(client, ClientRequest(.post, "/echo", body: [UInt8](repeating: 0, count: 101)))
                    == .unreadable)
            #expect(await reason(client, ClientRequest(.get, "/never"), deadline: .milliseconds(30)) == .late)
            let waiting = Task { await reason(client, ClientRequest(.get, "/never")) }
            waiting.cancel()
            #expect(await waiting.value == .cancelled)
            let answer = try await client.ask(ClientRequest(.post, "/echo"), deadline: .seconds(30))
            #expect(answer.status == 200)
        }
        let nobody = HTTPClient(host: "127.0.0.1", port: 1, largestBody: 100)
        #expect(await reason(nobody, ClientRequest(.get, "/")) == .notConnected)
    }
}
