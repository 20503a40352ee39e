import NIOCore

/// Every wait of a connection ends; looked at a few times a second for all connections of a loop together.
extension HTTPConnection {
    func tick(_ now: NIODeadline) {
        let stuckSince = pendingWrites > 0 ? writeProgressAt : unwritableSince
        if let stuckSince, now.isPast(limits.writeDeadline, after: stuckSince) { return close() }
        switch mode {
        case .closed: break
        case .lingering(let since, _):
            if pendingWrites == 0, now.isPast(limits.lingerDeadline, after: since) { close() }
        case .webSocket(let link): link.tick(now)
        case .http:
            if let exchange { tick(now, exchange) } else { tickBetweenRequests(now) }
        }
    }

    private func tickBetweenRequests(_ now: NIODeadline) {
        if let headSince {
            if now.isPast(limits.headDeadline, after: headSince) {
                answerUnread(.fatal(.requestTimeout, "The request's head took too long"))
            }
        } else if let idleSince {
            if now.isPast(limits.idleDeadline, after: idleSince) { close() }
        } else if now.isPast(limits.headDeadline, after: openedAt) {
            close()
        }
    }

    private func tick(_ now: NIODeadline, _ exchange: Exchange) {
        if !exchange.bodyEnded, !exchange.bodyPaused, !exchange.awaitsContinue,
            now.isPast(limits.bodyProgressWindow, after: exchange.windowStart)
        {
            guard exchange.windowBytes >= limits.bodyProgressBytes else {
                return bodyFailed(.fatal(.requestTimeout, "The request body came too slowly"), exchange)
            }
            exchange.windowStart = now
            exchange.windowBytes = 0
        }
        if exchange.answer == .awaited, let deadline = exchange.deadline,
            now.isPast(deadline, after: exchange.silentSince)
        {
            return giveUp(.fatal(.serviceUnavailable, "The server took too long to answer this request"), exchange)
        }
        if let inputClosedSince, now.isPast(limits.halfCloseGrace, after: inputClosedSince), exchange.answer != .done {
            // Bytes that still flow show that somebody is there.
            if exchange.answer == .begun, !exchange.isOpenEnded, pendingWrites > 0 { return }
            close()
        }
    }

    /// The server stops: what is between requests ends now, responses that never end too, others may end.
    func shutDown() {
        switch mode {
        case .closed, .lingering: break
        case .webSocket(let link): link.close(.goingAway, "The server shuts down")
        case .http:
            guard let exchange else { return linger() }
            exchange.closes = true
            if exchange.isOpenEnded, exchange.answer == .begun {
                exchange.task?.cancel()
            }
        }
    }
}
