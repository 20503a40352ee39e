import Foundation
import TestSupport

/// What the real rq reads of a queue.
struct RQReader: Decodable {
    struct Job: Decodable {
        var status: String
        var origin: String
        var func_name: String
        var args: [String]
        var description: String?
        var created_at: String?
        var enqueued_at: String?
        var started_at: String?
        var ended_at: String?
        var timeout: Int?
        var result_ttl: Int?
        var failure_ttl: Int?
        var worker_name: String?
        var position: Int?
        var exc_info: String?
        var meta: [String: String]
        var result_type: String?
        var return_value: String?
        var results: Int
        var executions: [String]
        /// Of the hash, in seconds; -1: none.
        var ttl: Int
    }

    struct Worker: Decodable {
        var name: String
        var state: String
        var queues: [String]
        var pid: Int?
        var hostname: String?
        var birth: String?
        var last_heartbeat: String?
        var succeeded: Int
        var failed: Int
        var executions: [String]
    }

    var queues: [String]
    var job_ids: [String]
    var count: Int
    var started: [String]
    var finished: [String]
    var failed: [String]
    var canceled: [String]
    var workers: [Worker]
    var queue_workers: Int
    var jobs: [String: Job]

    static func read(_ server: RedisServer, queue: String = "jobs", _ jobs: [String] = []) throws -> RQReader {
        try JSONDecoder().decode(
            RQReader.self, from: PythonScript.output(of: "rq_reader.py", [server.url, queue] + jobs))
    }
}
