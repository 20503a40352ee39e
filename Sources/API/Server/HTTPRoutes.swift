import HTTPKit
import Logging
import PluginHost
import PluginWire

/// Puts routes into HTTPKit's router: each with its check of the token, its limit of the body, and its errors as
/// envelopes.
struct HTTPRoutes: Sendable {
    let surface: Surface
    let admission: Admission
    let plugins: any PluginService
    let bodyLimit: Int
    let live: LiveStreamGate
    let logger: Logger

    func router() -> Router {
        var router = Router()
        for route in surface.routes {
            let description = route.description
            let method = HTTPMethod(rawValue: description.method.rawValue)
            let path = route.takesRest ? description.path.dropLast() + "...}" : description.path
            // Plugins have deadlines of their own, which say better what took too long.
            let options = RouteOptions(
                bodyBytes: description.request.isEmpty ? nil : route.bodyBytes ?? bodyLimit, deadline: .none,
                // Large bodies wait with their clients until it is their turn.
                readsAhead: route.bodyBytes == nil)
            switch route.work {
            case .immediate(let work):
                router.on(method, path) { request in
                    do throws(ErrorEnvelope) {
                        return HTTPResponse(try work(try admitted(request, route)))
                    } catch {
                        return HTTPResponse(APIAnswer(error))
                    }
                }
            case .waiting(let work):
                router.on(method, path, options: options) { request in
                    do throws(ErrorEnvelope) {
                        return HTTPResponse(try await work(try admitted(request, route)))
                    } catch {
                        return HTTPResponse(APIAnswer(error))
                    }
                }
            case .socket(let work):
                router.on(method, path, options: options) { request in
                    let stream: LiveStream
                    let place: LiveStreamGate.Place
                    let subprotocol: String?
                    do throws(ErrorEnvelope) {
                        let offer = try WebSocketToken.read(request.headers.all("sec-websocket-protocol"))
                        subprotocol = offer.subprotocol
                        let known = try admitted(request, route, token: offer.token)
                        stream = try work(known)
                        place = try live.enter(known.token?.id ?? request.remoteAddress)
                    } catch {
                        return HTTPResponse(APIAnswer(error))
                    }
                    return try open(stream, place, for: request, subprotocol: subprotocol)
                }
            case .streaming(let work):
                router.on(method, path, options: options) { request in
                    do {
                        return try await work(request, try admitted(request, route).token)
                    } catch {
                        // Anything else is HTTPKit's to answer, and to log where it is a fault.
                        guard let envelope = ErrorEnvelope(meaning: error) else { throw error }
                        return HTTPResponse(APIAnswer(envelope))
                    }
                }
            }
        }
        return router
    }

    /// - Parameter other: A token that came in another way than by a header; a header wins.
    private func admitted(
        _ request: HTTPRequest, _ route: Route, token other: String? = nil
    ) throws(ErrorEnvelope) -> APIRequest {
        let token = try admission.admit(
            scope: route.description.scope ?? route.scopeOf(request), method: request.method.rawValue,
            client: request.remoteAddress
        ) { name in
            request.headers[name] ?? (name == "authorization" ? other.map { "Bearer \($0)" } : nil)
        }
        return APIRequest(request, token: token)
    }

    private func open(
        _ stream: LiveStream, _ place: LiveStreamGate.Place, for request: HTTPRequest, subprotocol: String?
    ) throws -> HTTPResponse {
        let session = LiveSession(stream, plugins: plugins)
        var limits = WebSocketLimits()
        // The session takes every picture at once and keeps the latest: more would only wait behind a client's texts.
        limits.inbox = .queue(2)
        return try HTTPResponse.webSocket(for: request, limits: limits, subprotocol: subprotocol) { socket in
            defer { place.giveBack() }
            await session.run(socket.messages.map(LiveSession.Message.init)) {
                try await socket.send(text: String(decoding: $0, as: UTF8.self))
            }
        }
    }
}

extension LiveSession.Message {
    init(_ message: WebSocketMessage) {
        switch message {
        case .binary(let bytes): self = .picture(bytes)
        case .text: self = .text
        }
    }
}

extension APIRequest {
    init(_ request: HTTPRequest, token: AccessToken?) {
        let headers = request.headers
        self.init(
            method: request.method.rawValue, path: request.path, parameters: request.parameters,
            query: request.query.items.isEmpty
                ? [:] : Dictionary(request.query.items.map { ($0.name, $0.value) }) { first, _ in first },
            header: { headers[$0] },
            body: { limit, arriving throws(ErrorEnvelope) in
                do {
                    return try await request.body.collect(upTo: limit, arriving: arriving)
                } catch {
                    throw ErrorEnvelope(reading: error)
                }
            },
            multipart: { () throws(ErrorEnvelope) in
                do { return try MultipartReader(request) } catch { throw ErrorEnvelope(reading: error) }
            },
            token: token)
    }
}

extension HTTPResponse {
    init(_ answer: APIAnswer) {
        self.init(HTTPStatus(answer.status), body: .bytes(answer.body))
        for (name, value) in answer.headers { headers.add(name, value) }
    }
}
