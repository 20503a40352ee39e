import Foundation
import PluginHost
import PluginWire
import TestSupport
import Testing

extension OverProcesses {
    /// Encoded pictures for tools that want pixels: decoded by a process of Gantry's own, which may be broken or down.
    @Suite(.serialized) struct ImageDecoderTests {
        /// One pixel, grey.
        private static let picture =
            Data(
                base64Encoded:
                    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNoaGgAAAMEAYFL09IQAAAAAElFTkSuQmCC"
            )
            .map { [UInt8]($0) } ?? []

        @Test func anEncodedPictureArrivesAsPixels() async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("good", .native, into: $0) }) { chaos in
                try await chaos.ready("good")
                let mean = try await chaos.host.run(
                    PluginCall(plugin: "good", tool: "mean", image: .encoded(Self.picture))
                ).value()
                #expect(mean["shape"] == [1, 1, 3])
            }
        }

        @Test func aPictureThatIsNoneIsItsCallersErrorAndTheDecoderStays() async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("good", .native, into: $0) }) { chaos in
                try await chaos.ready("good")
                let pictures: [[UInt8]] = [
                    [], [0xFF, 0xD8, 0xFF, 0], Array(Self.picture.dropLast(20)), [UInt8](repeating: 7, count: 999),
                ]
                for bytes in pictures {
                    let failure = try await chaos.failure("good", "mean", image: .encoded(bytes))
                    guard case .toolError("ValueError", _) = failure.kind else {
                        Issue.record("\(failure)")
                        continue
                    }
                }
                #expect(chaos.host.health("good")?.errorCount == 0, "the plugin never saw them")
                _ = try await chaos.host.decode(Self.picture)
            }
        }

        @Test func aDecoderThatCannotBeStartedIsToldAtOnceAndTriedAgain() async throws {
            let place = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-bin-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: place) }  // a leftover link harms nothing
            try await ChaosHost.run(configure: {
                $0.program = place.appendingPathComponent("gantry").path
                $0.decoderBackoff = .milliseconds(20)
            }) { folder in
                try ChaosHost.write("good", .native, into: folder)
            } _: { chaos in
                try await chaos.ready("good")
                let failure = try await chaos.failure("good", "mean", image: .encoded(Self.picture))
                #expect(failure.kind == .decoderDown)
                #expect(failure.message.hasPrefix("The server's image decoder does not work: "))
                #expect(failure.message.contains(place.path), "\(failure)")
                #expect(failure.hint?.contains("It is tried again in") == true)
                // What needs no decoder works on, and nobody blames the plugin.
                #expect(try await chaos.call("good", "echo", ["value": 1]) == 1)
                #expect(chaos.host.health("good")?.errorCount == 0)
                #expect(chaos.reports.all.contains { $0.plugin == "image-decoder" && $0.level == .error })

                // Now there is a program: one of the next pictures starts it.
                try FileManager.default.createSymbolicLink(
                    at: place, withDestinationURL: URL(fileURLWithPath: GantryProgram.path).deletingLastPathComponent())
                var isBack = false
                for _ in 0..<100_000 where !isBack {
                    do {
                        _ = try await chaos.host.decode(Self.picture)
                        isBack = true
                    } catch let error as PluginHostFailure {
                        try #require(error.kind == .decoderDown, "\(error)")
                        await Task.yield()
                    }
                }
                #expect(isBack)
            }
        }

        @Test func aDecoderThatDoesNotAnswerIsNotWaitedForLong() async throws {
            let place = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-bin-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: place) }  // a leftover script harms nothing
            let program = place.appendingPathComponent("gantry")
            try Data("#!/bin/sh\nexec sleep 60\n".utf8).write(to: program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
            try await ChaosHost.run(
                configure: {
                    $0.program = program.path
                    $0.decoderPatience = .milliseconds(200)
                    $0.handshakeDeadline = .milliseconds(600)
                    $0.decoderBackoff = .seconds(600)
                    $0.longestBackoff = .seconds(600)
                }, plugins: { _ in }
            ) { chaos in
                // Nobody waits for its end: some are told that it has not started, and once it has failed, why.
                var seen: [PluginHostFailure] = []
                for _ in 0..<20 where seen.last?.message.contains("does not work") != true {
                    do throws(PluginHostFailure) {
                        _ = try await chaos.host.decode(Self.picture)
                        Issue.record("it answered")
                    } catch {
                        seen.append(error)
                    }
                }
                #expect(seen.allSatisfy { $0.kind == .decoderDown })
                #expect(seen.first?.message == "The server's image decoder has not started yet")
                #expect(seen.last?.message.contains("did not answer within 0.6s while starting") == true, "\(seen)")
            }
        }
    }
}
