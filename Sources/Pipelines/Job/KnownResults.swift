import FileSafety
import Foundation

extension JobResultsFile {
    /// Bytes of a file that says how pipelines ended; more are none of Gantry's.
    private static let limit = 1 << 20

    /// What is known of how a job's pipelines ended: by the job's record where it is written, else by what attempts
    /// have finished so far. Empty where nothing is.
    ///
    /// - Parameter folder: Of the job's results.
    package static func known(inFolder folder: String) throws -> [PipelineResult] {
        if let bytes = try contents("\(folder)/\(name)") {
            return try JobResultsFile(reading: bytes, named: "\(folder)/\(name)").pipelines
        }
        let checkpoints = "\(folder)/\(CheckpointFolder.name)"
        let names: [String]
        do throws(FileSafetyFailure) {
            names = try FolderListing.names(inFolder: checkpoints)
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return []
        }
        return try names.compactMap { name in
            guard let bytes = try contents("\(checkpoints)/\(name)/\(RunRecord.fileName)") else { return nil }
            return RunRecord.result(in: bytes)
        }
    }

    private static func contents(_ path: String) throws -> [UInt8]? {
        do throws(FileSafetyFailure) {
            return try FileContents.read(path, limit: limit)
        } catch {
            guard error.systemError == ENOENT || error.systemError == ENOTDIR else { throw error }
            return nil
        }
    }
}
