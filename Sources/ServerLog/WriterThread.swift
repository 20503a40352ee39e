import Glibc

/// A thread that blocks where the concurrency pool's threads must not.
enum WriterThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        unsafe pthread_attr_setstacksize(&attributes, 256 << 10)
        var thread = pthread_t()
        // The thread takes over the one reference that is handed to it here.
        let argument = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
        let status = unsafe pthread_create(
            &thread, &attributes,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, argument)
        // Without a thread nothing is written; the server goes on, and what does not fit the queue is counted as lost.
        if status != 0 { unsafe Unmanaged<Work>.fromOpaque(argument).release() }
        unsafe pthread_attr_destroy(&attributes)
    }
}
