import Logging
import NIOCore
import Synchronization

/// Stands before `accept`: waits while the system is short of descriptors or memory, and while the server has more
/// connections than it can even refuse.
final class AcceptGate: ChannelDuplexHandler, @unchecked Sendable {
    // @unchecked: what is not atomic is touched on the listening channel's event loop only.
    typealias InboundIn = Channel
    typealias InboundOut = Channel
    typealias OutboundIn = Channel

    private let server: ServerState
    private let loop: any EventLoop
    private let isHeld = Atomic(false)
    private var context: ChannelHandlerContext?
    private var isPausing = false
    private var saidAt: NIODeadline?

    init(server: ServerState, loop: any EventLoop) {
        self.server = server
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        server.gate.withLock { $0 = self }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        server.gate.withLock { $0 = nil }
    }

    /// There is room for another connection. Called on any thread.
    func connectionEnded() {
        if isHeld.load(ordering: .sequentiallyConsistent) { loop.execute { self.goOn() } }
    }

    func read(context: ChannelHandlerContext) {
        // Held first: whoever ends after the count was read must see it.
        isHeld.store(true, ordering: .sequentiallyConsistent)
        guard !isPausing, server.openConnections < server.limits.connections + server.limits.connectionsBeingRefused
        else { return }
        isHeld.store(false, ordering: .sequentiallyConsistent)
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED: the channel stays open, and what it could not accept keeps it
        // readable. Without reading by itself it is not told of that, and does not try again at once and for ever.
        isPausing = true
        context.channel.setOption(ChannelOptions.autoRead, value: false).whenFailure { _ in }  // closed meanwhile
        let now = NIODeadline.now()
        if saidAt.map({ now.isPast(.seconds(10), after: $0) }) ?? true {
            saidAt = now
            server.logger.error(
                "Connections cannot be accepted; trying again every 100 ms. Raise the limit of open files (ulimit -n)",
                metadata: ["error": "\(error)", "connections": "\(server.openConnections)"])
        }
        context.eventLoop.scheduleTask(in: .milliseconds(100)) { [weak self] in
            guard let self, let context = self.context else { return }
            self.isPausing = false
            context.channel.setOption(ChannelOptions.autoRead, value: true).whenFailure { _ in }
            self.goOn()
        }
    }

    private func goOn() {
        guard isHeld.load(ordering: .sequentiallyConsistent), let context else { return }
        read(context: context)
    }
}
