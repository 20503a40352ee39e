import Foundation
import Model
import TestSupport
import Testing

@testable import Inference

@Suite struct ModelCatalogueTests {
    private static let sha = String(repeating: "ab", count: 32)

    private static let entry = """
          - name: toy
            task: detection
            licence: MIT
            format: onnx
            source: {url: files}
            files:
              - {name: toy.onnx, url: "https://example.org/toy.onnx", sha256: \(sha)}
            input: {width: 96, height: 64}
            decoder: yolo
            classes: [ball]
        """

    private func parse(_ models: String, header: String = "version: 1\ndefault: toy") throws -> ModelCatalogue {
        try ModelCatalogue(yaml: "\(header)\nmodels:\n\(models)\n", file: "test.yaml")
    }

    @Test func `the built-in list is sound`() throws {
        let catalogue = try ModelCatalogue.builtIn()
        #expect(catalogue.defaultName == "picodet-s-416")
        let model = try catalogue.entry(named: "picodet-s-416")
        #expect(model.classes.count == 80 && model.classes[0] == "person" && model.classes[32] == "sports ball")
        #expect(model.input.fit == .stretch && model.input.mean == [0.485, 0.456, 0.406])
        for entry in catalogue.entries {
            #expect(["Apache-2.0", "MIT", "BSD-3-Clause"].contains(entry.licence))
            if let onnx = entry.onnx { #expect(try catalogue.entry(named: onnx).format == .onnx) }
            if case .converted(let base, _) = entry.source { _ = try catalogue.entry(named: base) }
        }
    }

    @Test func `a reader of numbers is no detector`() throws {
        let entry = try ModelCatalogue.builtIn().entry(named: NumberReader.defaultModel)
        #expect(entry.task == .numberReading && entry.decoder == nil && entry.firstDigit == 33)
        let reader = Self.entry.replacing("task: detection", with: "task: number-reading")
        #expect(throws: InferenceFailure.self) { try parse(reader) }
    }

    @Test func `an entry says all of itself`() throws {
        let entry = try parse(Self.entry).entry(named: "toy")
        #expect(entry.files.map(\.origin) == ["https://example.org/toy.onnx"])
        #expect(entry.input.fit == .letterbox && entry.input.fill == 114)
    }

    @Test(
        arguments: [
            ("task: detection", "task: magic", "task is magic"),
            ("licence: MIT", "", "licence is missing"),
            ("licence: MIT", "licence: MIT\n    licens: MIT", "unknown field licens"),
            ("name: toy\n", "name: ../toy\n", "the name ../toy"),
            ("name: toy\n", "name: toy.onnx\n", "the name toy.onnx"),
            ("name: toy.onnx", "name: .hidden", "the name .hidden"),
            ("format: onnx", "format: paddle", "two files"),
            ("format: onnx", "format: word", "format is word"),
            ("source: {url: files}", "source: {}", "exactly one of"),
            ("source: {url: files}", "source: {url: files, local: files}", "exactly one of"),
            ("source: {url: files}", "source: [x]", "exactly one of"),
            ("https://example.org", "file:///etc", "must begin with https://"),
            (sha, "abc", "64 lower-case hexadecimal digits"),
            ("width: 96", "width: wide", "whole number"),
            ("width: 96", "width: 0", "between 16 and 8192"),
            ("width: 96", "width: 96, mean: [1, 2]", "list of 3 numbers"),
            ("width: 96", "width: 96, deviation: [1, 0, 1]", "deviation must be positive"),
            ("decoder: yolo", "decoder: yodel", "decoder is yodel"),
            ("classes: [ball]", "classes: imagenet", "classes is imagenet"),
            ("classes: [ball]", "classes: []", "list of texts"),
            ("classes: [ball]", "classes: [ball]\n    score-threshold: 2", "score-threshold"),
        ])
    func `a mistake is named with its place`(wrong: String, instead: String, complaint: String) throws {
        let yaml = Self.entry.replacingOccurrences(of: wrong, with: instead)
        #expect(yaml != Self.entry)
        let failure = #expect(throws: InferenceFailure.self) { try parse(yaml) }
        #expect(failure?.code == .invalidData && failure?.subject == "test.yaml")
        #expect(failure?.message.contains(complaint) == true, "\(failure?.description ?? "")")
        #expect(failure?.message.contains("models[0]") == true)
    }

    @Test func `a local file is named by its absolute path`() throws {
        let local = Self.entry.replacingOccurrences(of: "{url: files}", with: "{local: files}")
            .replacingOccurrences(of: "url: \"https://example.org/toy.onnx\"", with: "path: toy.onnx")
        let failure = #expect(throws: InferenceFailure.self) { try parse(local) }
        #expect(failure?.message.contains("path must be absolute") == true)
        #expect(try parse(local.replacingOccurrences(of: "path: toy", with: "path: /toy")).entries.count == 1)
    }

    @Test(
        arguments: [
            String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 10_000),
            String(repeating: "- ", count: 100_000), String(repeating: "? ", count: 100_000),
            (0..<2000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        ])
    func `a file that is nested without end is refused before the parser's stack is full`(yaml: String) throws {
        let failure = #expect(throws: InferenceFailure.self) { try ModelCatalogue(yaml: yaml, file: "test.yaml") }
        #expect(failure?.message.contains("nested") == true)
    }

    @Test(arguments: ["", "[", "version: 2\ndefault: toy\nmodels: []", "a: 1", "12", "version: 1\nmodels: {}"])
    func `a file that is no catalogue is refused`(yaml: String) throws {
        let failure = #expect(throws: InferenceFailure.self) { try ModelCatalogue(yaml: yaml, file: "test.yaml") }
        #expect(failure?.code == .invalidData)
    }

    @Test func `names are unique and the default is listed`() throws {
        #expect(throws: InferenceFailure.self) { try parse(Self.entry + "\n" + Self.entry) }
        #expect(throws: InferenceFailure.self) { try parse(Self.entry, header: "version: 1\ndefault: other") }
    }

    @Test func `a user's file adds and replaces`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("mine.yaml").path
            let mine =
                Self.entry + "\n" + Self.entry.replacingOccurrences(of: "name: toy\n", with: "name: picodet-s-416\n")
            try "version: 1\nmodels:\n\(mine)\n".write(toFile: file, atomically: true, encoding: .utf8)
            for catalogue in [
                try ModelCatalogue.load(file: file, environment: [:]),
                try ModelCatalogue.load(file: nil, environment: ["GANTRY_MODELS": file]),
            ] {
                #expect(try catalogue.entry(named: "toy").classes == ["ball"])
                #expect(try catalogue.entry(named: "picodet-s-416").classes == ["ball"])
                #expect(catalogue.defaultName == "picodet-s-416")
            }
            let missing = #expect(throws: InferenceFailure.self) {
                try ModelCatalogue.load(file: "/nonexistent.yaml", environment: [:])
            }
            #expect(missing?.code == .notFound)
            try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: file))
            let foreign = #expect(throws: InferenceFailure.self) {
                try ModelCatalogue.load(file: file, environment: [:])
            }
            #expect(foreign?.code == .invalidData)
        }
    }
}
