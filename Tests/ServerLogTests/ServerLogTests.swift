import Foundation
import Logging
import TestSupport
import Testing

@testable import ServerLog

@Suite struct ServerLogTests {
    private func lines(_ path: String) throws -> [[String: Any]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    @Test func `lines arrive in order and whole from many threads`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.path + "/server.log"
            let log = try ServerLog(.init(path: path, format: .json))
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                let logger = log.logger("thread-\(thread)")
                for number in 0..<200 { logger.info("\(number)") }
                logger.debug("below the level")
            }
            log.close(deadline: .seconds(30))
            let written = try lines(path)
            #expect(written.count == 1600 && log.lostLines == 0)
            for thread in 0..<8 {
                let numbers = written.filter { $0["logger"] as? String == "thread-\(thread)" }.map {
                    $0["message"] as? String
                }
                #expect(numbers == (0..<200).map { "\($0)" })
            }
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func `a full disk costs lines, not time, and the gap is told once when it is over`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.path + "/server.log"
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
            let log = try ServerLog(.init(path: path, format: .json, queueLimit: 4096))
            let logger = log.logger("test")
            let before = ContinuousClock.now
            for number in 0..<10_000 { logger.info("line \(number)") }
            #expect(ContinuousClock.now - before < .seconds(20))  // a writer that waited would take for ever
            #expect(log.lostLines > 9000)
            let lost = log.lostLines

            try FileManager.default.removeItem(atPath: path)
            try Data().write(to: URL(fileURLWithPath: path))
            let deadline = Date(timeIntervalSinceNow: 30)
            while try !String(contentsOfFile: path, encoding: .utf8).contains("the log is back"), Date() < deadline {
                Thread.sleep(forTimeInterval: 0.01)
            }
            logger.info("after")
            log.close(deadline: .seconds(30))
            let reports = try lines(path).filter { ($0["message"] as? String ?? "").contains("the log is back") }
            #expect(reports.count == 1)
            #expect(reports.first?["lost_lines"] as? Int == lost)
            let reason = reports.first?["reason"] as? String ?? ""
            #expect(reason.contains("space"))
            #expect(try lines(path).last?["message"] as? String == "after")
        }
    }

    @Test func `a rotated file is followed`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.path + "/server.log"
            let log = try ServerLog(.init(path: path, format: .json))
            try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
            log.logger("test").info("fresh")
            log.close(deadline: .seconds(30))
            #expect(try lines(path).first?["message"] as? String == "fresh")
        }
    }

    @Test func `a log that is failing does not hold up the end`() throws {
        let log = try ServerLog(.init(path: "/dev/full", format: .json))
        log.logger("test").info("lost")
        let before = ContinuousClock.now
        log.close(deadline: .seconds(60))
        #expect(ContinuousClock.now - before < .seconds(30))
        log.logger("test").info("too late")  // and harms nobody
    }

    @Test func `a file that cannot be opened is an error at the start`() {
        #expect { try ServerLog(.init(path: "/nonexistent/server.log")) } throws: {
            ($0 as? LogFailure)?.code == .notFound
        }
    }
}
