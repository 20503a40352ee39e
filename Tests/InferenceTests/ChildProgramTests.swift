import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct ChildProgramTests {
    private func run(
        _ script: String, in folder: URL, shouldContinue: () -> Bool = { true }
    ) throws -> ChildProgram.Outcome {
        try ChildProgram(executable: "/bin/sh", environment: ["GREETING": "hello"])
            .run(["-c", script], scratch: folder.path, shouldContinue: shouldContinue)
    }

    @Test func `output, complaints and status come back`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let outcome = try run("echo $GREETING; echo first >&2; echo last >&2; exit 7", in: folder)
            #expect(outcome.status == 7 && outcome.output == "hello\n" && outcome.complaint == "last")
        }
    }

    @Test func `a signal is told as shells tell it`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let outcome = try run("kill -SEGV $$", in: folder)
            #expect(outcome.status == 139)
        }
    }

    @Test(arguments: ["INT", "TERM"])
    func `Ctrl-C in the child is Ctrl-C here`(signal: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let failure = #expect(throws: InferenceFailure.self) { try run("kill -\(signal) $$", in: folder) }
            #expect(failure?.code == .cancelled)
        }
    }

    @Test func `more output than a pipe holds does not block`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let outcome = try run("head -c 1000000 /dev/zero | tr '\\0' x; echo end", in: folder)
            #expect(outcome.status == 0 && outcome.output.hasSuffix("xend\n"))
        }
    }

    @Test func `one that shall not go on is killed, even if it will not listen`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let outcome = try run("trap '' TERM INT; while :; do :; done", in: folder) { false }
            #expect(outcome.status == 128 + SIGKILL)
        }
    }

    /// A child in a group of its own would outlive Ctrl-C.
    @Test func `it shares the process group`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let group = try run("cut -d' ' -f5 /proc/self/stat", in: folder).output
            #expect(group == "\(getpgrp())\n")
        }
    }

    @Test func `a program that is not there is a failure`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            #expect(throws: InferenceFailure.self) {
                try ChildProgram(executable: "/nonexistent", environment: [:])
                    .run([], scratch: folder.path) { true }
            }
            #expect(ChildProgram(named: "no-such-program-anywhere", environment: ["PATH": "/bin"]) == nil)
        }
    }
}
