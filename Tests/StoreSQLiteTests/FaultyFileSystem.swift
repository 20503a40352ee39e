import CFaultyVFS
import CSQLite
import Foundation

/// What goes wrong with a disk.
enum DiskFault: String, CaseIterable {
    case full, tornWrite, synchronize

    var status: Int32 {
        switch self {
        case .full: SQLITE_FULL
        case .tornWrite: SQLITE_IOERR | (3 << 8)  // SQLITE_IOERR_WRITE
        case .synchronize: SQLITE_IOERR | (4 << 8)  // SQLITE_IOERR_FSYNC
        }
    }
}

/// A disk whose writing calls fail when they are told to.
///
/// The C side is atomics only, so any thread may use it; it is freed when the last store that goes through it is closed.
@safe final class FaultyFileSystem: @unchecked Sendable {
    /// What SQLite knows it by.
    let name: String
    private let handle: OpaquePointer

    init?() {
        name = "faulty-\(UUID().uuidString)"
        guard let handle = unsafe faulty_vfs_create(name) else { return nil }
        unsafe self.handle = handle
    }

    deinit { unsafe faulty_vfs_destroy(handle) }

    /// - Parameters:
    ///   - call: The writing call, from now on and from 1, that fails.
    ///   - isLasting: So do all after it.
    func fail(atCall call: Int, with fault: DiskFault, isLasting: Bool) {
        unsafe faulty_vfs_fail(handle, call, fault.status, isLasting ? 1 : 0, fault == .tornWrite ? 1 : 0)
    }

    func heal() { unsafe faulty_vfs_heal(handle) }

    /// Writing calls since the last `fail`.
    var calls: Int { unsafe faulty_vfs_calls(handle) }
}
