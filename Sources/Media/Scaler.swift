import CLibAV
import Model

/// Conversion contexts and scratch memory, kept from frame to frame. Not synchronised: one owner at a time.
@safe package final class Scaler {
    let handle: OpaquePointer

    package init() {
        guard let made = unsafe gav_scaler_new() else { preconditionFailure("out of memory") }
        unsafe handle = made
    }

    deinit { unsafe gav_scaler_free(handle) }
}
