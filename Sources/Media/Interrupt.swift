import CLibAV

/// A cancel flag and a deadline for work inside libav: any thread may set them, every read and every decoded frame
/// looks at them.
///
/// `@unchecked Sendable`: the C object holds two atomics and nothing else.
@safe package final class Interrupt: @unchecked Sendable {
    let handle: OpaquePointer

    /// - Parameter deadline: how long the work may take from now; `nil` for as long as it needs.
    package init(deadline: Duration? = nil) {
        guard let made = unsafe gav_interrupt_new() else { preconditionFailure("out of memory") }
        unsafe handle = made
        if let deadline { self.setDeadline(deadline) }
    }

    deinit { unsafe gav_interrupt_free(handle) }

    package func cancel() { unsafe gav_interrupt_cancel(handle) }

    /// Counts from now; `nil` lifts the deadline.
    package func setDeadline(_ duration: Duration?) {
        guard let duration else { return unsafe gav_interrupt_set_deadline(handle, -1) }
        let (seconds, attoseconds) = duration.components
        // Thirty years are as good as for ever, and fit.
        let whole = min(max(seconds, 0), 1_000_000_000) * 1_000_000_000
        unsafe gav_interrupt_set_deadline(handle, whole + max(0, attoseconds / 1_000_000_000))
    }

    /// Throws where the work is to stop.
    func check(subject: String) throws(MediaFailure) {
        let state = unsafe gav_interrupt_state(handle)
        guard state == 0 else { throw MediaFailure(libav: state, doing: "cannot finish", subject: subject) }
    }
}
