/// The environment of a plugin's process: what programs need to run, nothing of the server's (tokens, keys, paths).
package enum WorkerEnvironment {
    /// Names that are passed on when the server has them: language, time zone, and what chooses processors and GPUs.
    package static let passedOn: Set<String> = [
        "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES",
        "CUDA_DEVICE_ORDER", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "ROCR_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ]

    /// - Parameters:
    ///   - server: The server's own environment.
    ///   - scratch: A folder that the worker may write to: its home, and where its temporary files and caches go.
    ///   - additions: Laid over the rest.
    package static func clean(
        from server: [String: String], scratch: String, adding additions: [String: String] = [:]
    ) -> [String: String] {
        var environment = server.filter { passedOn.contains($0.key) || $0.key.hasPrefix("LC_") }
        if environment["LANG"] == nil { environment["LANG"] = "C.UTF-8" }
        environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
        environment["HOME"] = scratch
        environment["TMPDIR"] = scratch
        environment["XDG_CACHE_HOME"] = scratch + "/.cache"
        environment["PYTHONNOUSERSITE"] = "1"
        // A crash is reported by its signal; a backtracer would start within the dying process and take its time.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return environment.merging(additions) { $1 }
    }
}
