import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Asks one HTTP/1.1 server, over connections that stay open between requests: for programs that talk to each other all
/// day. No TLS, no redirects, no proxies.
///
/// A request that went out over a connection which the server was just closing is sent again over a new one, once: what
/// is asked must bear being asked twice.
package final class HTTPClient: Sendable {
    /// Connections that are kept while nobody uses them.
    private static let mostIdle = 4

    private let host: String
    private let port: Int
    private let largestBody: Int
    private let connectDeadline: Duration
    private let group: MultiThreadedEventLoopGroup
    private let idle = Mutex<[any Channel]>([])

    /// - Parameter largestBody: Bytes of an answer's body; longer ones are refused.
    package init(
        host: String, port: Int, largestBody: Int, connectDeadline: Duration = .seconds(5),
        group: MultiThreadedEventLoopGroup = HTTPServer.loops
    ) {
        self.host = host
        self.port = port
        self.largestBody = largestBody
        self.connectDeadline = connectDeadline
        self.group = group
    }

    deinit { close() }

    /// Ends what is idle; a later request opens a new connection.
    package func close() {
        let channels = idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// The answer, whatever its status.
    ///
    /// - Parameter deadline: From now to the answer's last byte.
    package func ask(
        _ request: ClientRequest, deadline: Duration
    ) async throws(HTTPClientFailure) -> ClientResponse {
        let end = ContinuousClock.now + deadline
        if let channel = takeIdle() {
            do throws(HTTPClientFailure) {
                return try await exchange(request, over: channel, until: end)
            } catch {
                // It had been idle, and the server may have ended it meanwhile.
                guard error.reason == .lost else { throw error }
            }
        }
        return try await exchange(request, over: try await connect(), until: end)
    }

    private func takeIdle() -> (any Channel)? {
        idle.withLock { idle in
            while let channel = idle.popLast() {
                if channel.isActive { return channel }
            }
            return nil
        }
    }

    private func connect() async throws(HTTPClientFailure) -> any Channel {
        let largestBody = largestBody
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(connectDeadline))
            .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.pipeline.addHTTPClientHandlers().flatMap {
                    channel.pipeline.addHandler(ClientConnection(largestBody: largestBody))
                }
            }
        do {
            return try await bootstrap.connect(host: host, port: port).get()
        } catch {
            throw HTTPClientFailure(.notConnected, "no connection to \(host):\(port): \(error)")
        }
    }

    private func exchange(
        _ request: ClientRequest, over channel: any Channel, until end: ContinuousClock.Instant
    ) async throws(HTTPClientFailure) -> ClientResponse {
        var head = HTTPRequestHead(
            version: .http1_1, method: NIOHTTP1.HTTPMethod(rawValue: request.method.rawValue), uri: request.target)
        head.headers.add(name: "host", value: host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)")
        for field in request.headers { head.headers.add(name: field.name, value: field.value) }
        head.headers.add(name: "content-length", value: "\(request.body.count)")
        let answer = channel.eventLoop.makePromise(of: ClientConnection.Outcome.self)
        let exchange = ClientConnection.Exchange(head: head, body: request.body, answer: answer)
        let timeout = channel.eventLoop.scheduleTask(in: TimeAmount(max(.zero, end - .now))) {
            answer.fail(HTTPClientFailure(.late, "no answer in time"))
            channel.close(promise: nil)
        }
        defer { timeout.cancel() }
        let result: Result<ClientConnection.Outcome, HTTPClientFailure> = await withTaskCancellationHandler {
            channel.writeAndFlush(exchange).whenFailure { _ in
                answer.fail(HTTPClientFailure(.lost, "the connection was lost"))
            }
            do {
                return .success(try await answer.futureResult.get())
            } catch let failure as HTTPClientFailure {
                return .failure(failure)
            } catch {
                return .failure(HTTPClientFailure(.lost, "the connection was lost: \(error)"))
            }
        } onCancel: {
            answer.fail(HTTPClientFailure(.cancelled, "the request was given up"))
            channel.close(promise: nil)
        }
        let outcome = try result.get()
        guard outcome.isReusable else {
            channel.close(promise: nil)
            return outcome.response
        }
        let isKept = idle.withLock { idle in
            guard idle.count < Self.mostIdle else { return false }
            idle.append(channel)
            return true
        }
        if !isKept { channel.close(promise: nil) }
        return outcome.response
    }
}
