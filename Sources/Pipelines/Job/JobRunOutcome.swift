import Foundation

/// How one pipeline of a job ended: an entry of `results.json` and of the API's answer.
package struct PipelineResult: Hashable, Sendable, Codable {
    package enum Status: String, Hashable, Sendable, Codable {
        case completed, failed
    }

    package var pipelineName: String
    package var status: Status
    /// ISO 8601, UTC; of the attempt that finished it.
    package var startTime: String
    package var endTime: String
    /// Seconds that that attempt worked on it.
    package var processingTime: Double
    /// Annotations in the main file; for a plugin, pictures with a result.
    package var annotationCount: Int
    /// The main file, a name within the job's results; nil where it failed.
    package var outputFile: String?
    /// All files, the main one first.
    package var files: [String]
    package var errorMessage: String?
    /// What a completed one has to say, where it has.
    package var message: String?

    enum CodingKeys: String, CodingKey {
        case pipelineName = "pipeline_name"
        case status
        case startTime = "start_time"
        case endTime = "end_time"
        case processingTime = "processing_time"
        case annotationCount = "annotation_count"
        case outputFile = "output_file"
        case files
        case errorMessage = "error_message"
        case message
    }

    package init(
        pipelineName: String, status: Status, startTime: String, endTime: String, processingTime: Double,
        annotationCount: Int = 0, outputFile: String? = nil, files: [String] = [], errorMessage: String? = nil
    ) {
        self.pipelineName = pipelineName
        self.status = status
        self.startTime = startTime
        self.endTime = endTime
        self.processingTime = processingTime
        self.annotationCount = annotationCount
        self.outputFile = outputFile
        self.files = files
        self.errorMessage = errorMessage
    }
}

/// What a job's run has to show: at least one pipeline has completed.
package struct JobRunOutcome: Hashable, Sendable {
    /// In the order in which they ran.
    package var results: [PipelineResult]
    /// `Completed with errors. Failed pipelines: a, b`, else what the pipelines have to say; nil where that is nothing.
    package var message: String?
    /// Set where a pipeline failed for a reason that may pass: another attempt would run it again, and nothing else.
    package var retryable: JobRunFailure?

    package init(results: [PipelineResult], retryable: JobRunFailure? = nil) {
        self.results = results
        self.retryable = retryable
        let failed = results.filter { $0.status == .failed }.map(\.pipelineName)
        let said = results.compactMap(\.message)
        message =
            failed.isEmpty
            ? said.isEmpty ? nil : said.joined(separator: "; ")
            : "Completed with errors. Failed pipelines: " + failed.joined(separator: ", ")
    }

    package var hasFailures: Bool { results.contains { $0.status == .failed } }
}

/// `results.json`: how each pipeline ended. The only result file with times in it.
package struct JobResultsFile: Hashable, Sendable, Codable {
    package static let name = "results.json"

    package var format = "gantry-results"
    package var version = 1
    package var videoFilename: String
    package var videoSHA256: String
    package var message: String?
    package var pipelines: [PipelineResult]

    enum CodingKeys: String, CodingKey {
        case format, version
        case videoFilename = "video_filename"
        case videoSHA256 = "video_sha256"
        case message, pipelines
    }

    init(videoFilename: String, videoSHA256: String, outcome: JobRunOutcome) {
        self.videoFilename = videoFilename
        self.videoSHA256 = videoSHA256
        message = outcome.message
        pipelines = outcome.results
    }

    func bytes() throws(PipelineFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw PipelineFailure(code: .internalError, message: "the results cannot be written: \(error)")
        }
    }

    /// - Parameter file: named in failures.
    package init(reading bytes: [UInt8], named file: String) throws(PipelineFailure) {
        do {
            self = try JSONDecoder().decode(JobResultsFile.self, from: Data(bytes))
        } catch {
            throw PipelineFailure(code: .invalidData, message: "is no record of results: \(error)", subject: file)
        }
    }
}
