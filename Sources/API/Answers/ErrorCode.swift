/// The codes of error answers, and the one place that maps them to HTTP statuses.
package enum ErrorCode: String, Sendable, CaseIterable {
    case invalidRequest = "INVALID_REQUEST"
    /// Pipelines or their settings that cannot be run.
    case invalidConfig = "INVALID_CONFIG"
    case unauthorized = "UNAUTHORIZED"
    case forbidden = "FORBIDDEN"
    case notFound = "NOT_FOUND"
    case pluginNotFound = "PLUGIN_NOT_FOUND"
    case toolNotFound = "TOOL_NOT_FOUND"
    case jobNotFound = "JOB_NOT_FOUND"
    case pipelineNotFound = "PIPELINE_NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    /// The request itself came too slowly.
    case requestTimeout = "REQUEST_TIMEOUT"
    /// The plugin took longer than it may.
    case pluginTimeout = "PLUGIN_TIMEOUT"
    case conflict = "CONFLICT"
    /// The job has ended, so it cannot be cancelled.
    case jobAlreadyCompleted = "JOB_ALREADY_COMPLETED"
    /// The file is not the one that the client's condition (`If-Match`) speaks of.
    case preconditionFailed = "PRECONDITION_FAILED"
    case payloadTooLarge = "PAYLOAD_TOO_LARGE"
    case uriTooLong = "URI_TOO_LONG"
    case unsupportedMedia = "UNSUPPORTED_MEDIA"
    case rangeNotSatisfiable = "RANGE_NOT_SATISFIABLE"
    case expectationFailed = "EXPECTATION_FAILED"
    case validationError = "VALIDATION_ERROR"
    /// The tool raised; the plugin is fine.
    case toolError = "TOOL_ERROR"
    case upgradeRequired = "UPGRADE_REQUIRED"
    case rateLimited = "RATE_LIMITED"
    case headersTooLarge = "HEADERS_TOO_LARGE"
    case internalServerError = "INTERNAL_SERVER_ERROR"
    case notImplemented = "NOT_IMPLEMENTED"
    case serviceUnavailable = "SERVICE_UNAVAILABLE"
    case pluginUnavailable = "PLUGIN_UNAVAILABLE"
    /// The plugin's process ended during the call.
    case pluginCrashed = "PLUGIN_CRASHED"
    case httpVersionNotSupported = "HTTP_VERSION_NOT_SUPPORTED"
    case storageFull = "STORAGE_FULL"
    case gpuOutOfMemory = "GPU_OUT_OF_MEMORY"

    package var status: Int {
        switch self {
        case .invalidRequest, .invalidConfig: 400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound, .pluginNotFound, .toolNotFound, .jobNotFound, .pipelineNotFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout, .pluginTimeout: 408
        case .conflict, .jobAlreadyCompleted: 409
        case .preconditionFailed: 412
        case .payloadTooLarge: 413
        case .uriTooLong: 414
        case .unsupportedMedia: 415
        case .rangeNotSatisfiable: 416
        case .expectationFailed: 417
        case .validationError, .toolError: 422
        case .upgradeRequired: 426
        case .rateLimited: 429
        case .headersTooLarge: 431
        case .internalServerError: 500
        case .notImplemented: 501
        case .serviceUnavailable, .pluginUnavailable, .pluginCrashed: 503
        case .httpVersionNotSupported: 505
        case .storageFull, .gpuOutOfMemory: 507
        }
    }

    /// What to do about it where no route says it better: for what is refused before a route is asked.
    var usualHint: String? {
        switch self {
        case .notFound, .methodNotAllowed: "The page /docs lists what there is"
        case .payloadTooLarge: "Send less at a time; for videos the operator can raise MAX_UPLOAD_BYTES"
        case .preconditionFailed: "Ask again without the condition, or with the ETag that the file has now"
        case .rangeNotSatisfiable: "Content-Range says how long it is"
        case .requestTimeout: "Send it again, over a connection that is quick enough"
        case .uriTooLong, .headersTooLarge: "Send shorter ones: a request's head holds 32 KB"
        case .serviceUnavailable: "Try again in a moment"
        case .internalServerError: "The server's log says more under this request's X-Request-ID"
        default: nil
        }
    }

    /// The code for a status that something else than a route decided on, such as the HTTP parser.
    package init(status: Int) {
        self = Self.allCases.first { $0.status == status } ?? (status < 500 ? .invalidRequest : .internalServerError)
    }
}
