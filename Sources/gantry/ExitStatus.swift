import ArgumentParser
import Model

/// The one place that turns a failure's code into the process's exit status (values of BSD's sysexits.h where one
/// fits, so that scripts can tell "your file is damaged" from "my disk is full").
enum ExitStatus {
    static func of(_ code: FailureCode) -> Int32 {
        switch code {
        case .invalidArgument: 64  // EX_USAGE
        case .invalidData, .modelDamaged: 65  // EX_DATAERR
        case .notFound, .noVideo: 66  // EX_NOINPUT
        case .unsupported: 67
        case .modelUnavailable, .engineUnavailable: 69  // EX_UNAVAILABLE
        case .internalError: 70  // EX_SOFTWARE
        case .storageFull: 74  // EX_IOERR
        case .downloadFailed, .busy: 75  // EX_TEMPFAIL
        case .permissionDenied: 77  // EX_NOPERM
        case .cancelled: 130  // 128 + SIGINT, as shells say it
        }
    }
}
