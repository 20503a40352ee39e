/// Every bound and every deadline of the server, in one value that can be printed at start.
///
/// All defaults suit a server that takes large uploads on a trusted or half-trusted network: nothing a client sends
/// or withholds can hold more than the sum of these.
package struct HTTPLimits: Sendable, Equatable, Codable {
    /// Connections open at once. One more is answered 503 and closed.
    package var connections = 1024
    /// Connections above the cap that may be on their way out; beyond it accepting stops until one has gone.
    package var connectionsBeingRefused = 64
    /// Bytes of a request target. Longer: 414.
    package var targetBytes = 8 * 1024
    /// Bytes of a request's head, first line and all headers. Longer: 431.
    package var headBytes = 32 * 1024
    /// Headers of a request. More: 431.
    package var headerCount = 100
    /// Bytes of a request body, unless the route says otherwise. Longer: 413.
    package var bodyBytes = 8 * 1024 * 1024
    /// Bytes of a body that wait for the handler; then the client is no longer read from.
    package var bodyBufferBytes = 128 * 1024
    /// Bytes that a client may send ahead of what is read, beyond one head. More that the system hands over: closed.
    package var inputBytesAhead = 256 * 1024
    /// Bytes of a body that nobody reads that are thrown away to keep the connection. More: it ends.
    package var drainBytes = 64 * 1024
    /// The system's buffer for what clients send, each.
    package var receiveBufferBytes = 256 * 1024
    /// Bytes that are taken of it at a time, at most.
    package var receivePieceBytes = 128 * 1024
    /// Bytes of extensions and trailers that a chunked body may carry in all. More: 400.
    package var chunkOverheadBytes = 16 * 1024
    /// How long a request's head may take from its first byte, and how long a new connection may be silent.
    package var headDeadline = Duration.seconds(10)
    /// A body must bring `bodyProgressBytes` in every window of this length in which the server was willing to read.
    package var bodyProgressWindow = Duration.seconds(20)
    package var bodyProgressBytes = 16 * 1024
    /// How long a connection may be silent between two requests.
    package var idleDeadline = Duration.seconds(60)
    /// How long a handler may take until its response begins, unless the route says otherwise. Longer: 503.
    package var handlerDeadline = Duration.seconds(60)
    /// How long a client may take to accept one piece (at most `writePieceBytes`) of a response.
    package var writeDeadline = Duration.seconds(30)
    package var writePieceBytes = 64 * 1024
    /// After the last response of a connection: how long, and for how many bytes, the client's input is thrown away
    /// so that the response is not lost to a connection reset.
    package var lingerDeadline = Duration.seconds(2)
    package var lingerBytes = 1024 * 1024
    /// How long the handler of a request goes on after the client closed its side, before it is cancelled. A client
    /// that closed only its sending side still gets answers that come within this time.
    package var halfCloseGrace = Duration.seconds(1)
    /// How long requests in flight may go on once the server shuts down.
    package var shutdownDeadline = Duration.seconds(10)

    package init() {}

    /// How often deadlines are looked at: a quarter of the shortest, between 5 ms and 250 ms.
    var tick: Duration {
        let shortest =
            [
                headDeadline, bodyProgressWindow, idleDeadline, handlerDeadline, writeDeadline, lingerDeadline,
                halfCloseGrace,
            ].min() ?? .seconds(1)
        return min(max(shortest / 4, .milliseconds(5)), .milliseconds(250))
    }
}
