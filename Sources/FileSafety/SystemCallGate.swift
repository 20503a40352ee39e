/// Asked before each system call that makes a result durable. It lets all of them pass; tests answer with an errno
/// instead, to see what a full disk at the worst moment leaves behind.
struct SystemCallGate: Sendable {
    enum Call: Hashable, Sendable, CaseIterable {
        case create, write, synchronize, rename, synchronizeFolder
    }

    /// The errno to fail with; nil to go on.
    var refusal: @Sendable (Call) -> Int32?

    static let open = SystemCallGate { _ in nil }
}
