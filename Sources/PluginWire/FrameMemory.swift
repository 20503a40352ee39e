import CPluginWire
import Glibc

/// The host's end of a worker's frame memory: a memfd that the host writes and the worker maps read-only.
///
/// Sealed so that nobody can shrink it (the host would die of SIGBUS at its next write) and nobody but the mapping made
/// here can write. Pages are allocated as they are first written, so that a generous size costs nothing.
///
/// `@unchecked Sendable`: the descriptor and the mapping do not change. The bytes have one writer at a time, the worker's
/// own queue, which hands the frame over to the worker only after it has written it.
@safe package final class FrameMemory: @unchecked Sendable {
    package let descriptor: Int32
    package let byteCount: Int
    private let base: UnsafeMutableRawPointer

    /// F_ADD_SEALS and the seals, of <linux/fcntl.h>.
    private static let addSeals: Int32 = 1033
    private static let sealSeal: Int32 = 0x1
    private static let sealShrink: Int32 = 0x2
    private static let sealGrow: Int32 = 0x4
    private static let sealFutureWrite: Int32 = 0x10

    package init(byteCount: Int) throws(WireFailure) {
        let descriptor = unsafe plugin_wire_memory_file("gantry-frames")
        guard descriptor >= 0 else { throw Self.failure("cannot make frame memory") }
        do throws(WireFailure) {
            guard ftruncate(descriptor, byteCount) == 0 else { throw Self.failure("cannot size frame memory") }
            guard fcntl(descriptor, Self.addSeals, Self.sealShrink | Self.sealGrow) == 0 else {
                throw Self.failure("cannot seal frame memory's size")
            }
            let mapped = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
            guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
                throw Self.failure("cannot map frame memory")
            }
            guard fcntl(descriptor, Self.addSeals, Self.sealFutureWrite | Self.sealSeal) == 0 else {
                let failure = Self.failure("cannot seal frame memory against writing")
                unsafe munmap(mapped, byteCount)
                throw failure
            }
            unsafe base = mapped
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.byteCount = byteCount
    }

    deinit {
        unsafe munmap(base, byteCount)
        close(descriptor)
    }

    /// Gives the bytes of `frame` to `body`, to be written.
    ///
    /// - Returns: nil where the frame does not fit.
    package func write<R, E: Error>(
        _ frame: FrameDescription, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R? {
        guard let count = frame.byteCount, count <= byteCount, frame.offset <= byteCount - count else { return nil }
        return try unsafe body(UnsafeMutableRawBufferPointer(start: base + frame.offset, count: count))
    }

    private static func failure(_ action: String) -> WireFailure {
        WireFailure(.system, "\(action) (errno \(errno))")
    }
}
