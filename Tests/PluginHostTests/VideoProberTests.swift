import Foundation
import TestSupport
import Testing

@testable import PluginHost

extension OverProcesses {
    /// The first look at uploads, by a worker that may read nothing else.
    @Suite struct VideoProberTests {
        private func withProber(_ body: (VideoProber, URL) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
                "gantry-test-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
            let uploads = folder.appendingPathComponent("temp")
            try FileManager.default.createDirectory(at: uploads, withIntermediateDirectories: true)
            let prober = VideoProber(
                folder: uploads.path,
                configuration: PluginHostConfiguration(stateFolder: folder.path, program: GantryProgram.path))
            prober.warm()
            try await body(prober, uploads)
            await prober.stop(grace: .seconds(1))
        }

        /// Asks again where the machine is too busy to look in time.
        private func look(_ prober: VideoProber, _ path: String) async -> VideoProbe {
            for _ in 0..<20 {
                let probe = await prober.probe(path)
                guard case .unknown = probe else { return probe }
            }
            return await prober.probe(path)
        }

        @Test func aVideoIsKnownByItsLengthAndWhatIsNoneByTheReason() async throws {
            try await withProber { prober, uploads in
                let video = uploads.appendingPathComponent("a").path
                try FileManager.default.copyItem(atPath: TestEnvironment.vtest, toPath: video)
                guard case .video(let seconds?) = await look(prober, video) else {
                    Issue.record("no video: \(await look(prober, video))")
                    return
                }
                #expect(abs(seconds - 79.5) < 0.2)
                let text = uploads.appendingPathComponent("b").path
                try Data("not a video at all".utf8).write(to: URL(fileURLWithPath: text))
                guard case .notAVideo(let reason) = await look(prober, text) else {
                    Issue.record("taken for a video")
                    return
                }
                #expect(reason.contains("is not a video file") && !reason.contains(uploads.path))
                let part = uploads.appendingPathComponent("c").path
                try Data(contentsOf: URL(fileURLWithPath: video)).prefix(200_000).write(to: URL(fileURLWithPath: part))
                guard case .video = await look(prober, part) else {
                    Issue.record("a recording that was cut short is refused")
                    return
                }
            }
        }

        @Test func whatItMayNotReadIsNotCalledBad() async throws {
            try await withProber { prober, uploads in
                let probe = await prober.probe(uploads.appendingPathComponent("absent").path)
                guard case .unknown = probe else {
                    Issue.record("\(probe)")
                    return
                }
            }
        }

        @Test func withoutAProgramNobodyWaitsForIt() async throws {
            let prober = VideoProber(
                folder: "/tmp", configuration: PluginHostConfiguration(stateFolder: "/tmp", program: "/nowhere/gantry"))
            guard case .unknown(let reason) = await prober.probe("/tmp/x") else {
                Issue.record("somebody looked")
                return
            }
            #expect(reason.contains("video prober"))
            await prober.stop(grace: .seconds(1))
        }
    }
}
