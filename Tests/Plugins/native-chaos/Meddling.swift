import Glibc
import PluginKit

/// Tools that meddle with the frame memory.
enum Meddling {
    private static let memory: Int32 = 4

    static var tools: [Tool] {
        [
            Tool("truncate_memory", "Makes the frame memory empty.", takes: [.frame]) { _ in
                guard ftruncate(memory, 0) == 0 else { throw Escaping.failure("cannot truncate") }
                return ["truncated": true]
            },
            Tool("grow_memory", "Makes the frame memory 1 TiB long.") { _ in
                guard ftruncate(memory, 1 << 40) == 0 else { throw Escaping.failure("cannot grow") }
                return ["grown": true]
            },
            Tool("write_memory", "Writes into the frame memory.", takes: [.frame]) { _ in
                let bytes = [UInt8](repeating: 255, count: 4096)
                guard unsafe pwrite(memory, bytes, bytes.count, 0) == bytes.count else {
                    throw Escaping.failure("cannot write")
                }
                return ["written": true]
            },
            Tool("map_memory", "Maps the frame memory for writing, and writes.") { _ in
                guard let base = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0),
                    unsafe base != MAP_FAILED
                else { throw Escaping.failure("cannot map") }
                unsafe memset(base, 255, 4096)
                return ["written": true]
            },
            Tool("write_frame_by_force", "Writes into the picture it was given.", takes: [.frame]) { call in
                try call.frame.withRow(0) { row in
                    // What the tool is for: the pages are mapped read-only.
                    unsafe row.withUnsafeBufferPointer { bytes in
                        guard let start = bytes.baseAddress else { return }
                        unsafe memset(UnsafeMutableRawPointer(mutating: start), 255, 16)
                    }
                }
                return ["written": true]
            },
        ]
    }
}
