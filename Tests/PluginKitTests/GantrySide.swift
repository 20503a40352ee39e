import Foundation
import Glibc
import PluginWire
import Testing

@testable import PluginKit

/// Gantry's end of a conversation with a plugin that runs on a thread of the test, or as a process.
final class GantrySide {
    private var socket: WireSocket
    let memory: FrameMemory
    /// Ends the plugin's side, and gives its exit status.
    private let ending: () -> Int32

    /// Nothing here takes long; a loaded machine may.
    private static var deadline: ContinuousClock.Instant { .now + .seconds(60) }

    /// A plugin on a thread of its own.
    init<P: Plugin & SendableMetatype>(_ plugin: P.Type, memory byteCount: Int = 1 << 16) throws {
        let (own, other) = try WireSocket.pair()
        memory = try FrameMemory(byteCount: byteCount)
        socket = WireSocket(descriptor: own)
        let status = StatusBox()
        let memoryDescriptor = memory.descriptor
        Thread.detachNewThread {
            status.set(PluginSession<P>(control: other, memory: memoryDescriptor).run())
        }
        ending = { status.wait() }
    }

    /// A program, started as Gantry starts it: control socket at 3, frame memory at 4.
    init(
        program: String, arguments: [String] = [], environment: [String: String] = [:], memory byteCount: Int = 1 << 16
    ) throws {
        let (own, other) = try WireSocket.pair()
        memory = try FrameMemory(byteCount: byteCount)
        socket = WireSocket(descriptor: own)
        let pid = try Self.spawn(
            [program] + arguments, environment: environment, control: other, memory: memory.descriptor)
        close(other)
        ending = {
            var status: Int32 = 0
            while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
            return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        }
    }

    /// The program's or thread's exit status, waited for; 128 + number where a signal ended a program.
    func exitStatus() -> Int32 { ending() }

    /// Closes the control socket, as a Gantry that dies does.
    func goAway() { shutdown(socket.descriptor, Int32(SHUT_RDWR)) }

    func handshake() throws -> Handshake { try socket.receiveHandshake(deadline: Self.deadline) }

    func send(_ type: String, _ fields: [String: WireValue] = [:], blob: [UInt8] = []) throws {
        try socket.send(WireMessage(type, fields, blob: blob), deadline: Self.deadline)
    }

    func send(raw bytes: [UInt8]) throws { try socket.send(bytes, deadline: Self.deadline) }

    /// The next message as it came, with its blob.
    func receiveMessage() throws -> WireMessage { try socket.receive(deadline: Self.deadline) }

    /// The next message, as one tree.
    func receive() throws -> WireValue { try socket.receive(deadline: Self.deadline).value() }

    /// Handshake, load and validate; the tools by name.
    @discardableResult
    func start(manifest: WireValue = [:]) throws -> [String: WireValue] {
        _ = try handshake()
        try load(manifest: manifest)
        let loaded = try receive()
        try #require(loaded["type"] == "loaded", "\(loaded)")
        try send("validate")
        #expect(try receive() == ["type": "validated", "ok": true])
        let tools = try #require(loaded["tools"]?.asArray)
        return Dictionary(tools.map { ($0["name"]?.asString ?? "", $0) }) { $1 }
    }

    func load(manifest: WireValue = [:]) throws {
        try send(
            "load", ["plugin": ["name": "sample", "directory": "/sample", "entrypoint": "x", "manifest": manifest]])
    }

    func call(
        _ tool: String, _ arguments: [String: WireValue] = [:], id: Int64 = 1, frame: WireValue? = nil,
        blob: [UInt8] = []
    ) throws -> WireValue {
        var fields: [String: WireValue] = ["id": .integer(id), "tool": .string(tool), "arguments": .object(arguments)]
        fields["frame"] = frame
        try send("call", fields, blob: blob)
        return try receive()
    }

    /// Writes the bytes of a picture, each as `value` says for its offset.
    func fill(_ place: FrameDescription, value: (Int) -> UInt8) {
        let isThere: Void? = unsafe memory.write(place) { bytes in
            for index in bytes.indices { unsafe bytes[index] = value(index) }
        }
        precondition(isThere != nil, "the picture fits the memory")
    }

    /// Ends the conversation properly.
    func finish() throws {
        try send("shutdown")
        #expect(exitStatus() == 0)
    }

    private static func spawn(
        _ words: [String], environment: [String: String], control: Int32, memory: Int32
    ) throws -> pid_t {
        // Above the numbers they are to have, so that neither overwrites the other.
        let (high, higher) = (fcntl(control, F_DUPFD_CLOEXEC, 100), fcntl(memory, F_DUPFD_CLOEXEC, 100))
        defer {
            close(high)
            close(higher)
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
        for number in [Int32(1), 2] {
            unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, high, 3)
        unsafe posix_spawn_file_actions_adddup2(&actions, higher, 4)
        let settings = (ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 })
            .merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
        var pid: pid_t = 0
        var argv: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = unsafe settings.map { unsafe strdup($0) } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        let program = words.first ?? ""
        let error = unsafe posix_spawn(&pid, program, &actions, nil, &argv, &envp)
        try #require(error == 0, "cannot start \(program): errno \(error)")
        return pid
    }
}

/// The exit status of a session that runs on a thread.
private final class StatusBox: @unchecked Sendable {
    // Written once before the signal, read after it.
    private let semaphore = DispatchSemaphore(value: 0)
    private var status: Int32 = -1

    func set(_ status: Int32) {
        self.status = status
        semaphore.signal()
    }

    func wait() -> Int32 {
        // A session that does not end is a defect; the test says so instead of hanging.
        _ = semaphore.wait(timeout: .now() + 60)
        return status
    }
}
