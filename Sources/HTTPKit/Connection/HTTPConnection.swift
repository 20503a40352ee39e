import NIOCore

/// A connection: takes requests off it one after the other, has each answered exactly once, and ends it in time.
///
/// Everything here happens on the connection's event loop; handlers' tasks come in through `onLoop`. Nothing is read
/// from the client that nobody waits for, so what it sends ahead stays in its own buffers.
final class HTTPConnection: ChannelInboundHandler, @unchecked Sendable {
    // @unchecked: all state is touched on `eventLoop` only.
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Mode {
        case http
        case webSocket(WebSocketLink)
        /// The last response is written: what still comes is thrown away, until the client closes too.
        case lingering(since: NIODeadline, discarded: Int)
        case closed
    }

    let server: ServerState
    let share: LoopShare
    let eventLoop: any EventLoop
    var limits: HTTPLimits { server.limits }

    var context: ChannelHandlerContext?
    var mode = Mode.http
    var input = ByteBuffer()
    var parser: RequestParser
    var exchange: Exchange?
    private var remoteAddress = ""
    /// The client will send no more.
    var inputClosedSince: NIODeadline?
    private var isProcessing = false
    private var isReading = false
    private var needsInput = true
    private let isRefused: Bool

    var openedAt = NIODeadline.now()
    var idleSince: NIODeadline?
    /// When the first byte of the head came that is being read.
    var headSince: NIODeadline?
    /// Since when the system has taken nothing of what is written.
    var pendingWrites = 0
    var writeProgressAt = NIODeadline.distantPast
    var unwritableSince: NIODeadline?

    init(server: ServerState, share: LoopShare, isRefused: Bool) {
        self.server = server
        self.share = share
        self.isRefused = isRefused
        eventLoop = share.eventLoop
        parser = RequestParser(limits: server.limits)
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    // MARK: From the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        share.add(self)
        if context.channel.isActive { opened() }
    }

    func channelActive(context: ChannelHandlerContext) { opened() }

    private func opened() {
        guard remoteAddress.isEmpty, let context else { return }
        remoteAddress = context.remoteAddress?.ipAddress ?? "unknown"
        openedAt = .now()
        if isRefused {
            answerUnread(
                .fatal(.serviceUnavailable, "The server has as many connections as it takes; try again later"))
        } else {
            read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        switch mode {
        case .closed: return
        case .lingering(let since, let discarded):
            mode = .lingering(since: since, discarded: discarded + piece.readableBytes)
            return
        case .http, .webSocket: break
        }
        if input.readableBytes == 0 { input = piece } else { input.writeBuffer(&piece) }
        process()
        // After the client's end the system hands over all that was sent, wanted or not.
        guard case .http = mode, input.readableBytes > limits.headBytes + limits.inputBytesAhead else { return }
        close()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if case .lingering(_, let discarded) = mode, discarded > limits.lingerBytes { return close() }
        if !needsInput, case .http = mode { return }
        read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        inputClosedSince = .now()
        switch mode {
        case .lingering, .closed: close()
        case .webSocket(let link): link.inputClosed()
        case .http:
            process()
            guard let exchange else { return close() }
            if !exchange.bodyEnded, !exchange.bodyPaused {
                bodyFailed(.fatal(.badRequest, "The request body ended before its end"), exchange)
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritableSince = isWritable ? nil : .now()
        if isWritable { process() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close() }

    func channelInactive(context: ChannelHandlerContext) {
        if case .webSocket(let link) = mode { link.disconnected() }
        mode = .closed
        if let exchange {
            exchange.body.finish(.disconnected)
            exchange.task?.cancel()
            report(exchange, isComplete: false)
        }
        exchange = nil
        input = ByteBuffer()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        share.remove(self)
        server.connectionGone()
    }

    /// Closes at once; what is not written yet is lost.
    func close() {
        if case .closed = mode { return }
        if case .webSocket(let link) = mode { link.disconnected() }
        mode = .closed
        context?.close(promise: nil)
    }

    /// Asks the channel for more, once.
    func read() {
        guard !isReading, inputClosedSince == nil, let context else { return }
        if case .closed = mode { return }
        isReading = true
        context.read()
    }

    // MARK: Requests

    /// Goes as far as the input and the state of the response allow.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        needsInput = false
        loop: while true {
            switch mode {
            case .webSocket(let link):
                // The link may end the connection, which clears the input: it works on what is taken out.
                var taken = input
                input = ByteBuffer()
                needsInput = link.process(&taken)
                if case .webSocket = mode { input = taken }
                break loop
            case .lingering:
                input.clear()
                needsInput = true
                break loop
            case .closed: return
            case .http: break
            }
            if let exchange {
                // While the response is written the next request waits.
                guard !exchange.bodyEnded, !exchange.bodyPaused else { break }
                guard let event = parser.next(&input) else {
                    needsInput = true
                    break
                }
                take(event, exchange)
            } else {
                guard isWritable else { break }
                guard let event = parser.next(&input) else {
                    needsInput = true
                    if parser.isInsideHead(input), headSince == nil { headSince = .now() }
                    break
                }
                switch event {
                case .head(let head): begin(head)
                case .failure(let failure): answerUnread(failure)
                case .notHTTP: close()
                case .body, .end: break
                }
            }
        }
        if input.readableBytes == 0, input.capacity > 4096 { input = ByteBuffer() }
        if needsInput { read() }
    }

    private func take(_ event: RequestParser.Event, _ exchange: Exchange) {
        switch event {
        case .body(let piece):
            exchange.windowBytes += piece.readableBytes
            exchange.silentSince = .now()
            if exchange.answer == .done {
                exchange.discardedBytes += piece.readableBytes
                if exchange.discardedBytes > limits.drainBytes { linger() }
                return
            }
            exchange.bodyPaused = !exchange.body.receive(piece)
            if let cap = exchange.body.exceededCap { bodyFailed(.bodyTooLarge(cap), exchange) }
        case .end:
            exchange.bodyEnded = true
            exchange.silentSince = .now()
            exchange.body.finish()
            if exchange.answer == .done { next() }
        case .failure(let failure): bodyFailed(failure, exchange)
        case .head, .notHTTP: break
        }
    }

    /// The body will never be complete. A handler that reads it gets the failure thrown, and what it makes of it is
    /// the response; if it says nothing soon, or has answered already, the connection ends.
    func bodyFailed(_ failure: HTTPFailure, _ exchange: Exchange) {
        exchange.bodyEnded = true
        exchange.closes = true
        exchange.body.finish(failure)
        switch exchange.answer {
        case .awaited: answerSoon(failure, exchange)
        case .begun: break
        case .done: linger()
        }
    }

    /// Reads on: the handler has room again, or asks for the body that the client holds back.
    func bodyWanted(_ number: UInt64) {
        guard let exchange, exchange.number == number, !exchange.bodyEnded else { return }
        if exchange.awaitsContinue, exchange.answer == .awaited {
            exchange.awaitsContinue = false
            write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
        }
        if exchange.bodyPaused || exchange.windowBytes == 0 {
            exchange.windowStart = .now()
            exchange.windowBytes = 0
        }
        exchange.bodyPaused = false
        process()
    }

    /// Whether a stream's response has more input behind it, or the connection waits for the next request.
    func next() {
        exchange = nil
        headSince = nil
        idleSince = .now()
        if server.isStopping { return linger() }
        process()
    }

    // MARK: A request

    private func begin(_ head: RequestHead) {
        let number = server.nextNumber()
        let now = NIODeadline.now()
        headSince = nil
        let declared: Int? =
            switch head.framing {
            case .none: 0
            case .length(let length): length
            case .chunked: nil
            }
        var request = HTTPRequest(
            method: head.method, path: head.path, query: head.query, headers: head.headers, body: .empty,
            remoteAddress: remoteAddress, number: number)
        let exchange = Exchange(head: head, request: request, number: number, now: now)
        self.exchange = exchange
        exchange.deadline = limits.handlerDeadline
        do {
            let configuration = server.configuration
            for filter in configuration.filters {
                guard let response = try filter.before(&request) else { continue }
                exchange.request = request
                return answerNow(response, exchange)
            }
            exchange.request = request
            let (route, parameters) = try find(head)
            request.parameters = parameters
            request.route = route.pattern
            exchange.request = request
            if let immediate = route.immediate, let response = try immediate(request) {
                return answerNow(response, exchange)
            }
            guard let handler = route.handler else {
                throw HTTPFailure(.notFound, "Nothing answers here")
            }
            let cap = route.options.bodyBytes ?? limits.bodyBytes
            if let declared, declared > cap { throw HTTPFailure.bodyTooLarge(cap) }
            if declared != 0 {
                request.body = RequestBody(declaredLength: declared, cap: cap, capacity: limits.bodyBufferBytes) {
                    [weak self] in self?.onLoop { $0.bodyWanted(number) }
                }
                exchange.request = request
                exchange.bodyPaused = !route.options.readsAhead
            }
            switch route.options.deadline {
            case .server: break
            case .none: exchange.deadline = nil
            case .after(let duration): exchange.deadline = duration
            }
            start(handler, exchange)
        } catch {
            answerNow(server.response(to: server.failure(of: error, exchange.request), exchange.request), exchange)
        }
    }

    private func find(_ head: RequestHead) throws -> (Route, [String: String]) {
        switch try server.router.match(head.method, head.path) {
        case .found(let route, let parameters): return (route, parameters)
        case .methodNotAllowed(let allow):
            throw HTTPFailure(
                .methodNotAllowed, "\(head.method) is not possible here, but \(allow)", headers: ["allow": allow])
        case .notFound: throw HTTPFailure(.notFound, "There is nothing at \(head.path.prefix(200))")
        }
    }

    /// Runs a closure on the event loop; dropped when the connection has gone.
    func onLoop(_ work: @escaping @Sendable (HTTPConnection) -> Void) {
        eventLoop.execute { work(self) }
    }
}
