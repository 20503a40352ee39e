import Foundation
import Testing

/// A TCP client that sends exactly the bytes it is told to. Blocking, with a deadline on everything.
final class RawClient {
    struct Timeout: Error {}

    private(set) var descriptor: Int32

    /// - Parameter receiveBuffer: A small one makes a slow reader.
    init(port: Int, receiveBuffer: Int? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        if var size = receiveBuffer.map(Int32.init) {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0, "connect: errno \(errno)")
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes so that the other side gets a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// False when the other side takes no more.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL)
                )
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes next; empty at the end or after a reset.
    func receive(upTo count: Int = 65536) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        let received = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, count, 0) }
        if received < 0 {
            guard errno != EAGAIN else { throw Timeout() }
            return []
        }
        return Array(buffer.prefix(received))
    }

    /// Everything until the other side closes.
    func receiveAll() throws -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = try receive()
            if piece.isEmpty { return all }
            all += piece
        }
    }

    private var pending: [UInt8] = []

    func exactly(_ count: Int) throws -> [UInt8] {
        while pending.count < count {
            let piece = try receive()
            if piece.isEmpty { break }
            pending += piece
        }
        defer { pending.removeFirst(min(count, pending.count)) }
        return Array(pending.prefix(count))
    }

    /// A response, its body by its Content-Length or chunks, or to the end.
    func response(hasBody: Bool = true) throws -> RawResponse? {
        while RawResponse.headEnd(pending) == nil {
            let piece = try receive()
            guard !piece.isEmpty else { return nil }
            pending += piece
        }
        guard let end = RawResponse.headEnd(pending), var response = RawResponse(head: pending[..<end]) else {
            return nil
        }
        pending.removeFirst(end)
        guard hasBody, response.status >= 200, response.status != 204, response.status != 304 else { return response }
        if let length = response["content-length"].flatMap(Int.init) {
            response.body = try exactly(length)
            response.isComplete = response.body.count == length
        } else if response["transfer-encoding"] == "chunked" {
            while true {
                var line: [UInt8] = []
                while !line.suffix(2).elementsEqual([13, 10]) {
                    let byte = try exactly(1)
                    guard !byte.isEmpty else { return response }
                    line += byte
                }
                guard let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) else { return nil }
                let piece = try exactly(size + 2)
                guard piece.count == size + 2 else { return response }
                response.body += piece.dropLast(2)
                if size == 0 {
                    response.isComplete = true
                    return response
                }
            }
        } else {
            response.body = pending + (try receiveAll())
            response.isComplete = true
        }
        return response
    }
}

/// A response as it came.
struct RawResponse {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8] = []
    var isComplete = false

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

    static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }

    init?(head: ArraySlice<UInt8>) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: true)
        guard let first = lines.first, first.hasPrefix("HTTP/1.1 "), let status = Int(first.dropFirst(9).prefix(3))
        else {
            return nil
        }
        self.status = status
        headers = lines.dropFirst().map { line in
            let halves = line.split(separator: ":", maxSplits: 1)
            return (halves[0].lowercased(), halves.count > 1 ? halves[1].trimmingCharacters(in: .whitespaces) : "")
        }
    }
}
