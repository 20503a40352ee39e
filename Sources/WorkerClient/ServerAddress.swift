import Foundation

/// Where a server listens.
package struct ServerAddress: Hashable, Sendable {
    package let host: String
    package let port: Int

    /// - Parameter text: `http://host:port`.
    package init(_ text: String) throws(WorkerFailure) {
        guard let url = URL(string: text), let scheme = url.scheme, var host = url.host(percentEncoded: false),
            !host.isEmpty, url.user() == nil, url.query() == nil, url.path().isEmpty || url.path() == "/"
        else {
            throw WorkerFailure(
                code: .invalidArgument, message: "is no address of a server", subject: text,
                hint: "Give it like this: http://127.0.0.1:18011")
        }
        guard scheme == "http" else {
            throw WorkerFailure(
                code: .unsupported, message: "a worker speaks plain HTTP to its server", subject: text,
                hint: "Give the server's own address, not its proxy's: over a private network or a tunnel")
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host
        port = url.port ?? 80
    }
}
