import FileSafety
import HTTPKit
import Jobs
import Pipelines
import PluginWire

extension ShiftJob {
    /// The answer of `/jobs/{id}/status`. All keys are always there.
    var statusDocument: WireValue {
        [
            "job_id": .string(id.text), "rq_state": queueState.map(WireValue.string) ?? .null,
            "status": .string(status.rawValue), "stage": .string(stage),
            "progress": WireValue.number(percent).simplest, "message": message.map(WireValue.string) ?? .null,
            "error": error.map(WireValue.string) ?? .null, "updated_at": updatedAt.value,
            "proxy_ready": .boolean(hasProxy), "proxy_url": hasProxy ? .string(url(of: Self.proxyName)) : .null,
        ]
    }

    /// Under the job's files.
    static let proxyName = "proxy.mp4"
    static let resultsName = "results.json"
    /// The folder of the video under the job's files.
    static let inputName = "input"

    var hasProxy: Bool { draft?.proxyPath != nil }

    /// Where a client finds one of its files.
    func url(of path: String) -> String {
        "/data/jobs/\(id)/"
            + path.split(separator: "/").map { PercentEncoding.encode(String($0)) }.joined(separator: "/")
    }

    /// What it was set up with, or would be run with now.
    var setup: WireValue {
        if let text = draft?.setup, let setup = try? WireValue(json: Array(text.utf8)) {  // was written by this server
            return setup
        }
        let config = lastRun.flatMap { try? WireValue(json: Array($0.request.config.utf8)) }  // nil: it has none
        let given = draft == nil ? config?["player_shifts"] : nil
        // Was checked when it was taken.
        return ((try? ShiftSetup(normalising: given ?? [:])) ?? ShiftSetup()).wireValue
    }
}
