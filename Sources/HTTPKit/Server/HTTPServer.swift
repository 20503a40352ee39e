import Foundation
import Logging
import NIOCore
import NIOPosix

/// An HTTP/1.1 server: takes connections, has the router answer, and ends in bounded time.
package final class HTTPServer: Sendable {
    private let configuration: HTTPServerConfiguration
    private let state: ServerState
    private let group: MultiThreadedEventLoopGroup
    private let listener = ListenerBox()

    /// The event loops of the process: one for each processor that it may use, by its affinity and its container's
    /// quota. Never more than eight: they only carry bytes, and the processors are for video.
    package static let loops = MultiThreadedEventLoopGroup(
        numberOfThreads: max(1, min(System.coreCount, ProcessInfo.processInfo.activeProcessorCount, 8)))

    /// - Parameter group: The event loops to use; by default those of the process.
    package init(
        configuration: HTTPServerConfiguration = HTTPServerConfiguration(), router: Router,
        group: MultiThreadedEventLoopGroup = HTTPServer.loops
    ) {
        self.configuration = configuration
        self.group = group
        state = ServerState(
            configuration: configuration, router: router, loops: group.makeIterator().map { $0 })
    }

    /// Connections that are open now.
    package var openConnections: Int { state.openConnections }
    /// Handlers that run now.
    package var runningHandlers: Int { state.runningTasks }

    /// Begins to listen.
    ///
    /// - Returns: The port, which the system chose if the configuration says 0.
    /// - Throws: `HTTPBindFailure`, which says what to do.
    package func start() async throws -> Int {
        let state = state
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(ChannelOptions.backlog, value: 4096)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.pipeline.addHandler(AcceptGate(server: state, loop: channel.eventLoop))
            }
            .childChannelOption(ChannelOptions.autoRead, value: false)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .childChannelOption(ChannelOptions.maxMessagesPerRead, value: 1)
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                ChannelOptions.socketOption(.so_rcvbuf), value: SocketOptionValue(state.limits.receiveBufferBytes)
            )
            // What large uploads bring is taken in large pieces; the size falls again where little comes.
            .childChannelOption(
                ChannelOptions.recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 512, initial: 2048, maximum: state.limits.receivePieceBytes)
            )
            .childChannelInitializer { channel in
                let count = state.connectionBegan()
                let connection = HTTPConnection(
                    server: state, share: state.share(of: channel.eventLoop),
                    isRefused: count > state.limits.connections || state.isStopping)
                return channel.pipeline.addHandler(connection)
            }
        do {
            let channel = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
            listener.set(channel)
            return channel.localAddress?.port ?? configuration.port
        } catch {
            throw HTTPBindFailure(host: configuration.host, port: configuration.port, cause: error)
        }
    }

    /// Listens until the task is cancelled, then shuts down.
    package func run(started: @Sendable (_ port: Int) -> Void = { _ in }) async throws {
        started(try await start())
        let (ended, _) = AsyncStream.makeStream(of: Never.self)
        for await _ in ended {}
        await shutDown()
    }

    /// Stops listening, ends what is idle, lets responses in flight end within the deadline of the limits, then closes
    /// the rest. Returns when every connection has gone.
    package func shutDown() async {
        state.stop()
        try? await listener.take()?.close().get()  // Already closed is as good.
        forAll { $0.shutDown() }
        let clock = ContinuousClock()
        let deadline = clock.now + state.limits.shutdownDeadline
        await wait(until: deadline)
        forAll { connection in
            connection.exchange?.task?.cancel()
            connection.close()
        }
        await wait(until: clock.now + .seconds(2))
        if state.runningTasks > 0 {
            state.logger.warning(
                "Handlers go on although their connections are closed", metadata: ["count": "\(state.runningTasks)"])
        }
    }

    private func wait(until deadline: ContinuousClock.Instant) async {
        // A new connection may still come through the accept queue: told again until none is left.
        while state.openConnections > 0 || state.runningTasks > 0, ContinuousClock().now < deadline {
            await Self.pause(.milliseconds(10), on: group.any())
            forAll { $0.shutDown() }
        }
    }

    /// Waits also in a cancelled task: shutting down is what follows cancellation.
    private static func pause(_ duration: Duration, on loop: any EventLoop) async {
        await withCheckedContinuation { continuation in
            loop.scheduleTask(in: TimeAmount(duration)) { continuation.resume() }
        }
    }

    private func forAll(_ work: @escaping @Sendable (HTTPConnection) -> Void) {
        for share in state.allShares {
            share.eventLoop.execute { for connection in share.all { work(connection) } }
        }
    }
}
