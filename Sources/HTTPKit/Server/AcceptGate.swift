import Logging
import NIOCore

/// Stands before `accept`: waits while the system is short of descriptors or memory, and while the server has more
/// connections than it can even refuse. On the listening socket's event loop only.
final class AcceptGate: ChannelDuplexHandler, @unchecked Sendable {
    // @unchecked: touched on the listening channel's event loop only.
    typealias InboundIn = Channel
    typealias InboundOut = Channel
    typealias OutboundIn = Channel

    private let server: ServerState
    private var context: ChannelHandlerContext?
    private var isHeld = false
    private var isPausing = false
    private var saidAt: NIODeadline?

    init(server: ServerState) { self.server = server }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let loop = context.eventLoop
        server.connectionEnded.withLock { ended in
            ended = { [weak self] in loop.execute { [weak self] in self?.goOn() } }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        server.connectionEnded.withLock { $0 = nil }
    }

    func read(context: ChannelHandlerContext) {
        let limits = server.limits
        guard !isPausing, server.openConnections < limits.connections + limits.connectionsBeingRefused else {
            isHeld = true
            return
        }
        isHeld = false
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
        guard isHeld, let context else { return }
        read(context: context)
    }
}
