import FileSafety

extension InferenceFailure {
    init(_ failure: FileSafetyFailure) {
        self.init(code: failure.code, message: failure.message, subject: failure.subject, hint: failure.hint)
    }

    /// Runs `body`, whose only failures are those of files or of this module.
    static func wrapping<R>(_ body: () throws -> R) throws(InferenceFailure) -> R {
        do {
            return try body()
        } catch let failure as InferenceFailure {
            throw failure
        } catch let failure as FileSafetyFailure {
            throw InferenceFailure(failure)
        } catch {
            throw InferenceFailure(code: .internalError, message: "\(error)")
        }
    }
}
