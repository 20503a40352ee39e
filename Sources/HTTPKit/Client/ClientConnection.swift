import NIOCore
import NIOHTTP1

/// One connection to a server: an exchange goes in, its answer comes out; then the next. It lives on its event loop.
final class ClientConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    /// A request on its way.
    struct Exchange: Sendable {
        var head: HTTPRequestHead
        var body: [UInt8]
        /// Completed or failed once; what comes later is not heard.
        var answer: EventLoopPromise<Outcome>
    }

    struct Outcome: Sendable {
        var response: ClientResponse
        /// Whether the connection may be used again.
        var isReusable: Bool
    }

    private let largestBody: Int
    private var waiting: EventLoopPromise<Outcome>?
    private var status: Int?
    private var staysOpen = false
    private var body: [UInt8] = []

    init(largestBody: Int) { self.largestBody = largestBody }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        waiting = exchange.answer
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        if !exchange.body.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: exchange.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
            staysOpen = head.isKeepAlive
            body = []
        case .body(let piece):
            guard body.count + piece.readableBytes <= largestBody else {
                fail(HTTPClientFailure(.unreadable, "the answer is larger than \(largestBody) bytes"))
                return context.close(promise: nil)
            }
            body += piece.readableBytesView
        case .end:
            guard let status else { return }
            // Between a request and its answer (100 Continue) nothing is asked for here, so nothing comes.
            waiting?.succeed(
                Outcome(response: ClientResponse(status: status, body: body), isReusable: staysOpen))
            (waiting, self.status, body) = (nil, nil, [])
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(HTTPClientFailure(.unreadable, "the answer cannot be read: \(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(HTTPClientFailure(.lost, "the server ended the connection"))
        context.fireChannelInactive()
    }

    private func fail(_ failure: HTTPClientFailure) {
        waiting?.fail(failure)
        waiting = nil
    }
}
