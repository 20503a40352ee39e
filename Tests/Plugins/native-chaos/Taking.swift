import Glibc
import PluginKit

/// Tools that take more than is theirs.
enum Taking {
    private static let megabytes = Parameter("megabytes", .integer, default: 2048)

    static var tools: [Tool] {
        [
            Tool("allocate", "Allocates and touches memory, a MiB at a time.", parameters: [megabytes]) { call in
                let count = min(try call.argument("megabytes"), Bounds.megabytes)
                var held: [[UInt8]] = []
                for _ in 0..<count { held.append([UInt8](repeating: 1, count: 1 << 20)) }
                return ["megabytes": Value(held.count)]
            },
            Tool("allocate_in_child", "The same in a child process.", parameters: [megabytes]) { call in
                let count = min(try call.argument("megabytes"), Bounds.megabytes)
                let child = fork()
                if child == 0 {
                    Bounds.endInAMinute()
                    var held: [[UInt8]] = []
                    for _ in 0..<count { held.append([UInt8](repeating: 1, count: 1 << 20)) }
                    while true { pause() }
                }
                var status: Int32 = 0
                unsafe waitpid(child, &status, 0)
                return ["status": Value(status)]
            },
            Tool("fork_bomb", "Forks, and its children do, up to 300 processes; they stay for a minute.") { _ in
                try Bounds.forkBomb()
            },
            Tool("threads", "Starts threads.", parameters: [Parameter("count", .integer, default: 1000)]) { call in
                let count = min(try call.argument("count"), Bounds.threads)
                Bounds.endInAMinute()
                for _ in 0..<count {
                    var thread = pthread_t()
                    let error = unsafe pthread_create(
                        &thread, nil,
                        { _ in
                            while true { pause() }
                        }, nil)
                    guard error == 0 else { throw ToolError(type: "OSError", message: "no more threads (\(error))") }
                }
                return ["started": Value(count)]
            },
            Tool(
                "fill_disk", "Writes a large file into its home.",
                parameters: [Parameter("megabytes", .integer, default: 2048)]
            ) { call in
                let count = min(try call.argument("megabytes"), Bounds.megabytes)
                let path = "\(Surroundings.variable("HOME"))/large"
                let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
                unsafe unlink(path)  // whatever becomes of this process, the disk is free again
                let piece = [UInt8](repeating: 1, count: 1 << 20)
                for _ in 0..<count {
                    guard unsafe write(file, piece, piece.count) == piece.count else {
                        throw ToolError(type: "OSError", message: "cannot write (errno \(errno))")
                    }
                }
                return ["megabytes": Value(count)]
            },
            Tool(
                "descriptors", "Opens files and keeps them.",
                parameters: [Parameter("count", .integer, default: 100_000)]
            ) { call in
                let count = min(try call.argument("count"), Bounds.descriptors)
                for _ in 0..<count where unsafe open("/dev/null", O_RDONLY) < 0 {
                    throw ToolError(type: "OSError", message: "cannot open (errno \(errno))")
                }
                return ["opened": Value(count)]
            },
            Tool(
                "flood_stdout", "Prints as fast as it can.", parameters: [Parameter("seconds", .number, default: 2)]
            ) { call in
                flood(seconds: try call.argument("seconds"))
                return ["flooded": true]
            },
            Tool(
                "flood_without_lines", "Prints bytes without a line end.",
                parameters: [Parameter("megabytes", .integer, default: 64)]
            ) { call in
                let count = min(try call.argument("megabytes"), Bounds.megabytes)
                let piece = [UInt8](repeating: 0xFF, count: 1 << 20)
                for _ in 0..<count { _ = unsafe write(STDERR_FILENO, piece, piece.count) }
                return ["megabytes": Value(count)]
            },
        ]
    }

    static func flood(seconds: Double) {
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 4095) + [UInt8(ascii: "\n")]
        let end = ContinuousClock.now + .seconds(min(seconds, Bounds.seconds))
        while ContinuousClock.now < end { _ = unsafe write(STDOUT_FILENO, line, line.count) }
    }
}
