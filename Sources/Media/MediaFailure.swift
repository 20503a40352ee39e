import CLibAV
import Model

/// What the media layer throws: what failed, on which file, libav's number and words kept.
package struct MediaFailure: Failure {
    package var code: FailureCode
    package var message: String
    package var subject: String?
    package var hint: String?

    package init(code: FailureCode, message: String, subject: String? = nil, hint: String? = nil) {
        self.code = code
        self.message = message
        self.subject = subject
        self.hint = hint
    }

    /// The failure behind a libav result.
    ///
    /// - Parameter doing: what was tried, as in "cannot read the container".
    init(libav error: Int32, doing: String, subject: String?) {
        switch error {
        case Libav.cancelled:
            self.init(code: .cancelled, message: "stopped on request", subject: subject)
        case Libav.deadline:
            self.init(
                code: .invalidData, message: "\(doing): gave up at the deadline", subject: subject,
                hint: "The file may be damaged; give it more time or repair it")
        case Libav.end:
            self.init(
                code: .invalidData, message: "\(doing): the file ends too early", subject: subject,
                hint: "Copy or record it again")
        default:
            self.init(
                code: .invalidData, message: "\(doing): \(Libav.text(of: error))", subject: subject)
        }
    }
}
