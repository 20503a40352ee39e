import Glibc
import PluginKit

/// Tools that end their process.
enum Ending {
    static var tools: [Tool] {
        [
            Tool("segfault", "Reads from an address that nothing lies at.") { _ in segfault() },
            Tool("abort", "Calls abort.") { _ in abort() },
            Tool("trap", "Indexes an array out of its bounds.") { _ in
                let empty: [Value] = []
                return empty[Int(getpid())]
            },
            Tool("sys_exit", "Calls exit.", parameters: [Parameter("status", .integer, default: 7)]) { call in
                exit(Int32(try call.argument("status", as: Int.self)))
            },
            Tool("os_exit", "Calls _exit.", parameters: [Parameter("status", .integer, default: 0)]) { call in
                _exit(Int32(try call.argument("status", as: Int.self)))
            },
            Tool("kill_itself", "Sends itself SIGKILL.") { _ in
                kill(getpid(), SIGKILL)
                return .null
            },
            Tool("exit_in_thread", "Exits from a thread, while the tool sleeps.") { _ in
                var thread = pthread_t()
                unsafe pthread_create(&thread, nil, { _ in _exit(9) }, nil)
                Waiting.sleep(seconds: 3600)
                return .null
            },
            Tool("raises_without_bound", "Recurses until the stack is used up.") { _ in Value(depth(1)) },
        ]
    }

    static func segfault() -> Never {
        // What the tool is for. The address is in a page that is never mapped.
        if let nowhere = unsafe UnsafePointer<Int>(bitPattern: 8) { exit(unsafe Int32(nowhere.pointee)) }
        abort()
    }

    /// Not a tail call: each level needs its frame.
    @inline(never)
    private static func depth(_ level: Int) -> Int {
        var room = (level, level, level, level)
        return unsafe withUnsafeMutableBytes(of: &room) { unsafe depth(level + 1) + Int($0[0]) }
    }
}
