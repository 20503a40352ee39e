import Glibc
import Testing

@testable import PluginWire

@Suite("Frame memory")
struct FrameMemoryTests {
    @Test("what the host writes is what a reader maps; the reader can neither resize nor write")
    func sealing() throws {
        let memory = try FrameMemory(byteCount: 1 << 20)
        let frame = FrameDescription(offset: 16, width: 10, height: 4)
        let written: Int? = unsafe memory.write(frame) { bytes in
            unsafe bytes.copyBytes(from: Array(repeating: 7, count: bytes.count))
            return bytes.count
        }
        #expect(written == 120)
        let pointer = unsafe mmap(nil, 1 << 20, PROT_READ, MAP_SHARED, memory.descriptor, 0)
        let mapped = try unsafe #require(pointer)
        defer { unsafe munmap(mapped, 1 << 20) }
        let inside = unsafe mapped.load(fromByteOffset: 16, as: UInt8.self)
        let before = unsafe mapped.load(fromByteOffset: 15, as: UInt8.self)
        #expect(inside == 7 && before == 0)
        #expect(ftruncate(memory.descriptor, 0) == -1 && errno == EPERM)
        #expect(ftruncate(memory.descriptor, 2 << 20) == -1 && errno == EPERM)
        let writable = unsafe mmap(nil, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, memory.descriptor, 0)
        let isRefused = unsafe writable == MAP_FAILED
        #expect(isRefused)
        let count = unsafe Glibc.pwrite(memory.descriptor, [1], 1, 0)
        #expect(count == -1)
    }

    @Test(
        "a frame that does not fit, or cannot be, is not written",
        arguments: [
            FrameDescription(width: 0, height: 1), FrameDescription(width: -1, height: 1),
            FrameDescription(width: 1000, height: 1000),
            FrameDescription(offset: -1, width: 1, height: 1), FrameDescription(offset: .max, width: 1, height: 1),
            FrameDescription(width: .max, height: .max, stride: 3), FrameDescription(width: 10, height: 10, stride: 29),
            FrameDescription(offset: (1 << 20) - 2, width: 1, height: 1),
        ])
    func bounds(frame: FrameDescription) throws {
        let memory = try FrameMemory(byteCount: 1 << 20)
        let written: Bool? = unsafe memory.write(frame) { _ in true }
        #expect(written == nil)
    }
}
