import CLibAV
import Model

/// Conversion contexts and scratch memory, kept from frame to frame. Not synchronised: one owner at a time.
@safe package final class Scaler {
    let handle: OpaquePointer

    package init() {
        guard let made = unsafe gav_scaler_new() else { preconditionFailure("out of memory") }
        unsafe handle = made
    }

    /// Whether instructions of newer processors may be used; without them the bytes are the same.
    var usesVectors = true {
        didSet { unsafe gav_scaler_restrict(handle, usesVectors ? 0 : 1) }
    }

    deinit { unsafe gav_scaler_free(handle) }
}
