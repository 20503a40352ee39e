import HTTPKit

extension HTTPResponse {
    /// The answer of a file, with an envelope where it is a refusal: the file's own has no body.
    var withEnvelope: HTTPResponse {
        guard status.code >= 400 else { return self }
        let code = ErrorCode(status: status.code)
        let envelope = ErrorEnvelope(
            code,
            status == .rangeNotSatisfiable
                ? "The range lies beyond the file's end" : "The file is not the one that the request is about",
            hint: code.usualHint)
        var refusal = HTTPResponse(APIAnswer(envelope))
        refusal.status = status
        for field in headers { refusal.headers[field.name] = field.value }
        return refusal
    }
}
