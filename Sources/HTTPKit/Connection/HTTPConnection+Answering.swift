import NIOCore

/// Responses: one to a request, whoever comes first with it.
extension HTTPConnection {
    /// What is left to do for a response after its head.
    enum Sequel: Sendable {
        case nothing
        case stream(@Sendable (ResponseWriter) async throws -> Void)
        case webSocket(WebSocketUpgrade, WebSocketSession)
    }

    /// Runs a handler in a task of its own, which also writes the body it streams.
    func start(_ handler: @escaping Handler, _ exchange: Exchange) {
        let (request, number) = (exchange.request, exchange.number)
        server.taskBegan()
        exchange.task = Task { [self] in
            defer { server.taskEnded() }
            var response: HTTPResponse
            do {
                response = try await handler(request)
            } catch {
                response = server.response(to: server.failure(of: error, request), request)
            }
            let sequel = await withCheckedContinuation { (continuation: CheckedContinuation<Sequel, Never>) in
                onLoop { [response] connection in
                    guard let exchange = connection.exchange, exchange.number == number else {
                        return continuation.resume(returning: .nothing)
                    }
                    continuation.resume(returning: connection.answer(response, exchange))
                }
            }
            await follow(sequel, number, request)
        }
    }

    private func follow(_ sequel: Sequel, _ number: UInt64, _ request: HTTPRequest) async {
        do {
            switch sequel {
            case .nothing: return
            case .stream(let produce):
                try await produce(
                    ResponseWriter(pieceBytes: limits.writePieceBytes) { [self] in try await send($0, number) })
                onLoop { $0.streamEnded(number, isComplete: true) }
            case .webSocket(let upgrade, let session): await session.run(upgrade.handler, server.logger, request)
            }
        } catch {
            if !(error is CancellationError), !((error as? HTTPFailure)?.status.code == 499) {
                server.logger.warning(
                    "A response broke off",
                    metadata: ["request": "\(request.id)", "route": "\(request.route ?? "-")", "error": "\(error)"])
            }
            onLoop { $0.streamEnded(number, isComplete: false) }
        }
    }

    /// Answers from the event loop; a streamed body gets a task.
    func answerNow(_ response: HTTPResponse, _ exchange: Exchange) {
        let number = exchange.number
        switch answer(response, exchange) {
        case .nothing: break
        case let sequel:
            let request = exchange.request
            server.taskBegan()
            exchange.task = Task { [self] in
                defer { server.taskEnded() }
                await follow(sequel, number, request)
            }
        }
    }

    /// Gives a handler whose request broke the chance to say so itself, then says it for it.
    func answerSoon(_ failure: HTTPFailure, _ exchange: Exchange) {
        let number = exchange.number
        let grace = min(limits.halfCloseGrace, exchange.deadline ?? limits.halfCloseGrace)
        eventLoop.scheduleTask(in: TimeAmount(grace)) { [weak self] in
            guard let self, let exchange = self.exchange, exchange.number == number, exchange.answer == .awaited else {
                return
            }
            self.giveUp(failure, exchange)
        }
    }

    /// The handler's answer is not waited for any more.
    func giveUp(_ failure: HTTPFailure, _ exchange: Exchange) {
        exchange.body.finish(failure)
        exchange.closes = true
        let task = exchange.task
        answerNow(server.response(to: failure, exchange.request), exchange)
        task?.cancel()
    }

    /// Answers what could not be read as a request; the last thing the connection says.
    func answerUnread(_ failure: HTTPFailure) {
        var response = server.response(to: failure, nil)
        for filter in server.configuration.filters.reversed() { filter.after(nil, &response) }
        guard case .bytes(let bytes) = response.body, response.headers.areSendable else { return close() }
        let framing = ResponseEncoder.framing(of: response, isHTTP10: false)
        var buffer = headBuffer(bytes.count)
        ResponseEncoder.write(
            response, framing: framing, isHTTP10: false, closes: true, date: share.dateText(.now()), to: &buffer)
        buffer.writeBytes(bytes)
        write(buffer)
        server.configuration.completed(
            HTTPCompletion(
                request: nil, status: response.status, bytes: bytes.count, duration: .zero, isComplete: true))
        linger()
    }

    /// Writes the response, or its head where the body follows piece by piece. A second one for the same request is
    /// not written.
    func answer(_ given: HTTPResponse, _ exchange: Exchange) -> Sequel {
        guard exchange.answer == .awaited, case .http = mode else { return .nothing }
        var response = given
        let filters = server.configuration.filters
        for filter in filters.reversed() { filter.after(exchange.request, &response) }
        if !isSendable(response, exchange) {
            response = server.response(
                to: HTTPFailure(.internalServerError, "The server failed to answer this request; its log says why"),
                exchange.request)
            for filter in filters.reversed() { filter.after(exchange.request, &response) }
            if !isSendable(response, exchange) { response = HTTPResponse(.internalServerError) }
        }
        let framing = ResponseEncoder.framing(of: response, isHTTP10: exchange.head.isHTTP10)
        exchange.answer = .begun
        exchange.status = response.status
        exchange.framing = framing
        exchange.isOpenEnded = response.isOpenEnded
        if response.closesConnection || !exchange.head.keepsAlive || server.isStopping || framing == .untilClose
            || inputClosedSince != nil || !drainsBody(exchange)
        {
            exchange.closes = true
        }
        let omitsBody = exchange.head.method == .head
        var size = 0
        if case .bytes(let bytes) = response.body, framing != .none, !omitsBody { size = bytes.count }
        let isSmall = size <= limits.writePieceBytes
        var buffer = headBuffer(isSmall ? size : 0)
        ResponseEncoder.write(
            response, framing: framing, isHTTP10: exchange.head.isHTTP10, closes: exchange.closes,
            date: share.dateText(exchange.startedAt), to: &buffer)

        switch response.body {
        case .bytes(let bytes):
            if isSmall {
                if size > 0 { buffer.writeBytes(bytes) }
                write(buffer)
            } else {
                write(buffer)
                var rest = ByteBuffer(bytes: bytes)
                while let piece = rest.readSlice(length: min(limits.writePieceBytes, rest.readableBytes)),
                    piece.readableBytes > 0
                { write(piece) }
            }
            exchange.sentBytes = size
            ended(exchange)
            return .nothing
        case .stream(_, let produce):
            write(buffer)
            guard !omitsBody, framing != .none else {
                ended(exchange)
                return .nothing
            }
            if case .length(let length) = framing { exchange.remaining = length }
            if exchange.isOpenEnded, server.isStopping {
                close()
                return .nothing
            }
            return .stream(produce)
        case .webSocket(let upgrade):
            write(buffer)
            let link = WebSocketLink(connection: self, limits: upgrade.limits)
            mode = .webSocket(link)
            report(exchange, isComplete: true)
            onLoop { $0.process() }
            return .webSocket(upgrade, link.session)
        }
    }

    private func isSendable(_ response: HTTPResponse, _ exchange: Exchange) -> Bool {
        guard response.headers.areSendable else {
            server.logger.error(
                "A response header cannot be sent", metadata: ["route": "\(exchange.request.route ?? "-")"])
            return false
        }
        // 1xx are the connection's own.
        if case .webSocket = response.body { return response.status.code == 101 }
        return response.status.code >= 200
    }

    /// Whether what the client still sends of the body is so little that it can be thrown away.
    private func drainsBody(_ exchange: Exchange) -> Bool {
        if exchange.bodyEnded { return true }
        if exchange.awaitsContinue { return false }
        switch exchange.head.framing {
        case .length(let length): return length <= limits.drainBytes
        case .chunked, .none: return true
        }
    }

    private func headBuffer(_ bodyBytes: Int) -> ByteBuffer {
        context?.channel.allocator.buffer(capacity: 320 + bodyBytes) ?? ByteBuffer()
    }

    /// The response's last byte is written.
    func ended(_ exchange: Exchange) {
        exchange.answer = .done
        report(exchange, isComplete: true)
        exchange.body.finish(.disconnected)
        exchange.bodyPaused = false
        if exchange.closes { return linger() }
        if exchange.bodyEnded {
            next()
        } else {
            exchange.windowStart = .now()
            exchange.windowBytes = 0
            onLoop { $0.process() }
        }
    }

    func report(_ exchange: Exchange, isComplete: Bool) {
        guard !exchange.isReported else { return }
        exchange.isReported = true
        let nanoseconds = (NIODeadline.now() - exchange.startedAt).nanoseconds
        server.configuration.completed(
            HTTPCompletion(
                request: exchange.request, status: exchange.status, bytes: exchange.sentBytes,
                duration: .nanoseconds(nanoseconds), isComplete: isComplete))
    }
}
