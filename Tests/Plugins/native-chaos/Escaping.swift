import Glibc
import PluginKit

/// Tools that try to get away, or at others.
enum Escaping {
    static var tools: [Tool] {
        [
            Tool(
                "escape", "Leaves a process behind in a session of its own, as a daemon does, and answers with its id.",
                parameters: [
                    Parameter("seconds", .number, default: 60), Parameter("file", .string, default: .null),
                ]
            ) { call in
                let seconds: Double = try call.argument("seconds")
                let file: String? = try call.argument("file")
                return ["process": Value(try escape(seconds: seconds, file: file))]
            },
            Tool("kill_parent", "Sends SIGKILL to the process above.") { _ in
                guard kill(getppid(), SIGKILL) == 0 else { throw failure("cannot kill") }
                return ["killed": Value(getppid())]
            },
            Tool("read_file", "Reads a file.", parameters: [Parameter("path", .string)]) { call in
                let file = unsafe open(try call.argument("path", as: String.self), O_RDONLY)
                guard file >= 0 else { throw failure("cannot open") }
                defer { close(file) }
                var buffer = [UInt8](repeating: 0, count: 1 << 16)
                var total = 0
                while true {
                    let count = unsafe read(file, &buffer, buffer.count)
                    guard count > 0 else { return ["count": Value(total)] }
                    total += count
                }
            },
            Tool("write_file", "Writes a file.", parameters: [Parameter("path", .string)]) { call in
                let path: String = try call.argument("path")
                let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
                guard file >= 0 else { throw failure("cannot open") }
                defer { close(file) }
                guard unsafe write(file, "chaos was here\n", 15) == 15 else { throw failure("cannot write") }
                return ["written": Value(path)]
            },
            Tool(
                "connect", "Opens a connection.",
                parameters: [Parameter("host", .string), Parameter("port", .integer)]
            ) { call in
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port =
                    in_port_t(UInt16(truncatingIfNeeded: try call.argument("port", as: Int.self))).bigEndian
                unsafe inet_pton(AF_INET, try call.argument("host", as: String.self), &address.sin_addr)
                let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                guard descriptor >= 0 else { throw failure("cannot make a socket") }
                defer { close(descriptor) }
                let error = unsafe withUnsafeBytes(of: &address) { bytes in
                    unsafe Glibc.connect(
                        descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
                }
                guard error == 0 else { throw failure("cannot connect") }
                return ["connected": true]
            },
            Tool("see_environment", "The environment it was given.") { _ in
                var variables: [String: Value] = [:]
                var next = unsafe environ
                while let text = unsafe next.pointee {
                    let parts = unsafe String(cString: text).split(separator: "=", maxSplits: 1)
                    variables[parts.first.map { String($0) } ?? ""] = Value(parts.count > 1 ? String(parts[1]) : "")
                    unsafe next += 1
                }
                return Value(variables)
            },
            Tool("see_descriptors", "The descriptors that are open, with their kinds.") { _ in
                var found: [Value] = []
                for descriptor in Int32(0)..<1024 {
                    var status = stat()
                    if unsafe fstat(descriptor, &status) == 0 {
                        found.append([Value(descriptor), Value(status.st_mode & S_IFMT)])
                    }
                }
                return Value(found)
            },
        ]
    }

    static func failure(_ text: String) -> ToolError {
        ToolError(
            type: errno == EPERM || errno == EACCES ? "PermissionError" : "OSError", message: "\(text) (errno \(errno))"
        )
    }

    private static func escape(seconds: Double, file: String?) throws -> Int32 {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw failure("cannot make a pipe") }
        let child = fork()
        if child == 0 {
            Bounds.endInAMinute()
            setsid()
            if fork() > 0 { _exit(0) }
            var own = getpid()
            _ = unsafe write(ends[1], &own, 4)
            close(ends[1])
            signal(SIGTERM, SIG_IGN)
            Bounds.endInAMinute()
            let end = ContinuousClock.now + .seconds(min(seconds, Bounds.seconds))
            while ContinuousClock.now < end {
                if let file {
                    let alive = unsafe open(file, O_WRONLY | O_CREAT | O_APPEND, 0o644)
                    _ = unsafe write(alive, ".", 1)
                    close(alive)
                }
                usleep(20_000)
            }
            _exit(0)
        }
        close(ends[1])
        defer { close(ends[0]) }
        _ = waitpid(child, nil, 0)
        var process: Int32 = 0
        guard child > 0, unsafe read(ends[0], &process, 4) == 4 else { throw failure("cannot fork") }
        return process
    }
}
