import Jobs
import TestSupport
import Testing

@testable import StoreSQLite

/// The short way to read what a row holds gives what the decoder gives.
@Suite struct PlainJSONTests {
    @Test func `lists of strings are read, and anything else is left to the decoder`() throws {
        #expect(PlainJSON.strings("[]") == [])
        #expect(PlainJSON.strings(#"["scene_detection","plugin:motion/detect","ü"]"#)?.count == 3)
        for other in [#"["a\"b"]"#, #"["a", "b"]"#, #"["a",1]"#, #"["a""#, #"["a"]]"#, "", "null", #"["a",]"#] {
            #expect(PlainJSON.strings(other) == nil, "\(other)")
        }
    }

    @Test func `progress is what the decoder reads`() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of progress: \(seed)")
        var random = SplitMix64(seed: seed)
        let texts = ["detect", "", "\"quoted\"", "line\nbreak", "ü 日本", "a/b", "\u{1}", "{\"x\":1}"]
        for _ in 0..<500 {
            var progress = JobProgress(
                stage: texts[Int.random(in: 0..<texts.count, using: &random)],
                fraction: Bool.random(using: &random) ? 1 : Double.random(in: 0...1, using: &random))
            if Bool.random(using: &random) { progress.framesPerSecond = .random(in: 0...1e6, using: &random) }
            if Bool.random(using: &random) { progress.remainingSeconds = .random(in: 0...1e-6, using: &random) }
            if Bool.random(using: &random) { progress.message = texts[Int.random(in: 0..<texts.count, using: &random)] }
            if Int.random(in: 0..<4, using: &random) == 0 { progress.chunk = ChunkReference(stage: "detect", index: 3) }
            let text = try JSONText.encode(progress)
            #expect(try JobProgress(stored: text) == JSONText.decode(JobProgress.self, from: text))
        }
        for damaged in ["", "{}", "null", #"{"stage":"a"}"#, #"{"fraction":1}"#, #"{"fraction":inf,"stage":"a"}"#] {
            #expect(throws: JobsFailure.self) { try JobProgress(stored: damaged) }
        }
    }
}
