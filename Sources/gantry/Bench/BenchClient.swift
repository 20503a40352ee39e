import Glibc

/// A client of a server on this machine: one request after another on one connection, without anything that would cost
/// time of its own.
final class BenchClient {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(port: Int) throws(CommandFailure) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Self.failure("cannot connect to the server (errno \(errno))") }
    }

    deinit { close(descriptor) }

    /// Posts JSON and waits for the whole answer, which must be `{"ok":true,…}`.
    func post(_ path: String, _ body: [UInt8]) throws(CommandFailure) {
        try send(
            Array(
                """
                POST \(path) HTTP/1.1\r
                Host: 127.0.0.1\r
                Content-Type: application/json\r
                Content-Length: \(body.count)\r
                \r

                """.utf8))
        try send(body)
        var answer = ""
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Self.failure("the server's answer ended early (errno \(errno))") }
            answer += String(decoding: buffer.prefix(count), as: UTF8.self)
            guard let head = answer.firstRange(of: "\r\n\r\n") else { continue }
            let length = answer[..<head.lowerBound].lowercased().split(separator: "\r\n")
                .first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) }
            guard answer[head.upperBound...].utf8.count >= length ?? 0 else { continue }
            guard answer[head.upperBound...].hasPrefix(#"{"ok":true"#) else {
                throw Self.failure("the server answers \(answer.suffix(300))")
            }
            return
        }
    }

    private func send(_ bytes: [UInt8]) throws(CommandFailure) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { all in
                unsafe Glibc.send(
                    descriptor, all.baseAddress.map { unsafe $0 + sent }, all.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Self.failure("the server takes no more (errno \(errno))") }
            sent += count
        }
    }

    private static func failure(_ message: String) -> CommandFailure {
        CommandFailure(code: .internalError, message: message)
    }
}
