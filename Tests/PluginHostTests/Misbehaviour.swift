import PluginHost
import PluginWire

/// A way to misbehave in a call, and what must come of it.
struct Misbehaviour: Sendable {
    enum Outcome: Sendable {
        /// The worker is replaced; the reason contains this.
        case fault(String)
        case timeout
        /// The worker lives; the exception's type, or any.
        case toolError(String?)
        /// It is not that bad: the worker lives.
        case answer
    }

    var tool: String
    var arguments: WireValue = [:]
    var python: Outcome?
    var native: Outcome?

    init(_ tool: String, _ arguments: WireValue = [:], both: Outcome) {
        self.init(tool, arguments, python: both, native: both)
    }

    init(_ tool: String, _ arguments: WireValue = [:], python: Outcome? = nil, native: Outcome? = nil) {
        self.tool = tool
        self.arguments = arguments
        self.python = python
        self.native = native
    }

    enum Group: String, Sendable, CaseIterable {
        case ending, hanging, taking, lying, memory, results, escaping

        /// Manifest keys that make the limits come soon.
        var manifest: [String: WireValue] {
            switch self {
            case .hanging: ["timeout_seconds": 1]
            case .lying: ["timeout_seconds": 1.5]
            case .taking: ["timeout_seconds": 20, "memory_limit_mb": 300, "max_processes": 32]
            case .ending, .memory, .escaping: ["timeout_seconds": 5]
            // A debug build takes seconds to write 17 MB of JSON.
            case .results: ["timeout_seconds": 60]
            }
        }

        var all: [Misbehaviour] {
            switch self {
            case .ending:
                [
                    Misbehaviour("segfault", both: .fault("killed by signal 11 (SIGSEGV) while running segfault")),
                    Misbehaviour("abort", both: .fault("killed by signal 6 (SIGABRT) while running abort")),
                    Misbehaviour("trap", native: .fault("killed by signal")),
                    Misbehaviour("sys_exit", both: .fault("exited with status 7 while running sys_exit")),
                    Misbehaviour("os_exit", both: .fault("exited with status 0 while running os_exit")),
                    Misbehaviour("kill_itself", both: .fault("killed by signal 9 (SIGKILL)")),
                    Misbehaviour("exit_in_thread", both: .fault("exited with status 9")),
                ]
            case .hanging:
                [
                    Misbehaviour("sleep", both: .timeout), Misbehaviour("spin", both: .timeout),
                    Misbehaviour("stop", both: .timeout), Misbehaviour("ignores_signals", both: .timeout),
                    Misbehaviour("ignores_cancel", both: .timeout),
                    Misbehaviour("flood_stdout", ["seconds": 0.2], both: .answer),
                ]
            case .taking:
                [
                    Misbehaviour("allocate", both: .fault("Plugin exceeded 300MB memory limit.")),
                    Misbehaviour(
                        "allocate_in_child", ["megabytes": 1000], both: .fault("Plugin exceeded 300MB memory limit.")),
                    Misbehaviour("raises_memory_error", both: .fault("Plugin exceeded 300MB memory limit.")),
                    Misbehaviour("fork_bomb", both: .fault("limit of 32 processes")),
                    Misbehaviour("threads", ["count": 50], both: .answer),
                    Misbehaviour("fill_disk", ["megabytes": 64], both: .answer),
                    Misbehaviour("flood_without_lines", ["megabytes": 2], both: .answer),
                    Misbehaviour("flood_progress", ["count": 2000], both: .answer),
                    // The last one: its worker has none left for others.
                    Misbehaviour("descriptors", both: .toolError(nil)),
                ]
            case .lying:
                [
                    Misbehaviour("garbage", both: .fault("broke the plugin protocol while running garbage")),
                    Misbehaviour("partial_header", both: .timeout), Misbehaviour("partial_message", both: .timeout),
                    Misbehaviour("partial_message_and_exit", both: .fault("exited with status 0")),
                    Misbehaviour("terabyte", both: .fault("broke the plugin protocol")),
                    Misbehaviour("terabyte_blob", both: .fault("broke the plugin protocol")),
                    Misbehaviour("false_result", both: .fault("broke the plugin protocol")),
                    Misbehaviour("close_control", both: .fault("while running close_control")),
                    Misbehaviour("replace_control", both: .fault("while running replace_control")),
                    // Python's worker has moved its socket out of the way.
                    Misbehaviour(
                        "write_to_descriptor_3", python: .toolError("OSError"),
                        native: .fault("broke the plugin protocol")),
                    Misbehaviour("loaded_again", native: .fault("broke the plugin protocol")),
                    Misbehaviour("not_utf8", native: .fault("broke the plugin protocol")),
                    Misbehaviour("nan_text", native: .fault("broke the plugin protocol")),
                    Misbehaviour("deep_text", native: .fault("broke the plugin protocol")),
                    Misbehaviour("close_everything", python: .fault("while running close_everything")),
                ]
            case .memory:
                [
                    Misbehaviour("truncate_memory", both: .toolError(nil)),
                    // Python ignores the signal of the limit on files.
                    Misbehaviour(
                        "grow_memory", python: .toolError("OSError"), native: .fault("killed by signal 25 (SIGXFSZ)")),
                    Misbehaviour("write_memory", both: .toolError(nil)),
                    Misbehaviour("map_memory", native: .toolError(nil)),
                    Misbehaviour("write_frame", python: .toolError("ValueError")),
                    Misbehaviour("write_frame_by_force", both: .fault("killed by signal 11 (SIGSEGV)")),
                ]
            case .results:
                [
                    Misbehaviour("nan", both: .toolError("ValueError")),
                    Misbehaviour("infinity", both: .toolError("ValueError")),
                    Misbehaviour("float32", both: .answer), Misbehaviour("recursive", both: .toolError(nil)),
                    Misbehaviour("deep", ["levels": 100], both: .toolError(nil)),
                    Misbehaviour("huge", ["megabytes": 17], both: .toolError(nil)),
                    Misbehaviour("bytes_result", python: .toolError(nil)),
                    Misbehaviour("object_result", python: .toolError(nil)),
                    Misbehaviour("large_integer", python: .toolError(nil)),
                    Misbehaviour("lone_surrogate", python: .toolError(nil)),
                    Misbehaviour(
                        "raises_without_bound", python: .toolError("RecursionError"), native: .fault("killed by")),
                    Misbehaviour("raises_text_that_cannot_be_read", python: .toolError("Broken")),
                    Misbehaviour("raises_keyboard_interrupt", python: .toolError("KeyboardInterrupt")),
                ]
            case .escaping:
                [
                    Misbehaviour("escape", ["seconds": 20], both: .answer),
                    Misbehaviour("read_file", ["path": "/etc/shadow"], both: .toolError(nil)),
                    Misbehaviour("write_file", ["path": "/usr/chaos"], both: .toolError(nil)),
                    Misbehaviour("connect", ["host": "127.0.0.1", "port": 9], both: .toolError(nil)),
                ]
            }
        }
    }
}
