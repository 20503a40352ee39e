import Foundation
import Model
import TestSupport
import Testing

@testable import FileSafety

@Suite struct FileContentsTests {
    @Test func `the kernel's files, which say that they are empty, are read too`() throws {
        let status = String(decoding: try FileContents.read("/proc/self/status"), as: UTF8.self)
        #expect(status.contains("Umask:") && status.hasSuffix("\n"))
    }

    @Test func `an empty file is empty, and one that is too long is refused`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("file")
            try Data().write(to: file)
            #expect(try FileContents.read(file.path).isEmpty)
            try Data(count: 11).write(to: file)
            #expect(try FileContents.read(file.path, limit: 11).count == 11)
            #expect(throws: FileSafetyFailure.self) { try FileContents.read(file.path, limit: 10) }
        }
    }
}
