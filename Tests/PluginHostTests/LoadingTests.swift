import Foundation
import PluginHost
import PluginWire
import TestSupport
import Testing

extension OverProcesses {
    /// Where each failure of a load ends: the contract's order.
    @Suite(.serialized) struct LoadingTests {
        struct Mode: Sendable {
            var name: String
            var state: PluginState
            var reason: String
            var native = true
        }

        static let modes: [Mode] = [
            Mode(name: "import_error", state: .failed, reason: "ImportError: No module named", native: false),
            Mode(name: "import_exit", state: .failed, reason: "SystemExit", native: false),
            Mode(name: "import_os_exit", state: .failed, reason: "exited with status 4"),
            Mode(name: "import_segfault", state: .failed, reason: "killed by signal 11 (SIGSEGV)"),
            Mode(name: "init_raises", state: .failed, reason: "the moon is in the wrong phase"),
            Mode(
                name: "init_raises_gpu", state: .unavailable,
                reason: "CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi."),
            Mode(
                name: "init_raises_model", state: .unavailable,
                reason: "Model file not found: models/moon.pt. Download it and place it there."),
            Mode(name: "init_segfault", state: .failed, reason: "killed by signal 11 (SIGSEGV) while loading"),
            Mode(name: "init_slow", state: .initialized, reason: ""),
            Mode(name: "init_hangs", state: .failed, reason: "did not answer within 6s while loading"),
            Mode(name: "swallows_import_error", state: .failed, reason: "validate() failed", native: false),
            Mode(name: "validate_raises", state: .failed, reason: "the model answers nonsense"),
            Mode(name: "validate_hangs", state: .failed, reason: "did not answer within 6s while validating"),
            Mode(name: "validate_segfault", state: .failed, reason: "killed by signal 11 (SIGSEGV) while validating"),
        ]

        @Test(arguments: ChaosHost.Language.allCases)
        func failuresOfALoadEndWhereTheContractSays(_ language: ChaosHost.Language) async throws {
            let modes = Self.modes.filter { language == .python || $0.native }
            try await ChaosHost.run(configure: {
                $0.restarts = 1
                $0.firstBackoff = .milliseconds(1)
                $0.loadDeadline = .seconds(6)
                $0.keepsSpares = false
            }) { folder in
                for mode in modes {
                    try ChaosHost.write(
                        mode.name, language, into: folder,
                        ["environment": ["CHAOS_LOAD": .string(mode.name), "CHAOS_SECONDS": "0.5"]])
                }
                try ChaosHost.write("good", language, into: folder)
            } _: { chaos in
                try await chaos.ready("good")
                let probe = NeighbourProbe(chaos, plugin: "good")
                let start = ContinuousClock.now
                for mode in modes {
                    let health = try await chaos.settled(mode.name)
                    #expect(health.state == mode.state, "\(mode.name): \(health.reason ?? "")")
                    #expect(
                        health.reason ?? "" == mode.reason || health.reason?.contains(mode.reason) == true,
                        "\(mode.name): \(health.reason ?? "")")
                    guard health.state.isFinal else { continue }
                    #expect(health.mend != nil, "\(mode.name)")
                    let failure = try await chaos.failure(mode.name, "echo")
                    #expect(failure.message.hasPrefix("Plugin is \(mode.state.rawValue): "), "\(mode.name): \(failure)")
                }
                let crashed = try #require(chaos.host.health("import_segfault"))
                // Twice: the supervisor tried once more.
                #expect(crashed.history.filter { $0.to == .failed }.count == 2)
                let span = start..<ContinuousClock.now
                let calls = try await probe.finish()
                calls.expectOnTime(comparedWith: try await NeighbourProbe.calls(100, of: "good", chaos))
                calls.expectProgress(during: span, of: "loading")
            }
        }

        @Test(arguments: [
            (
                "handshake",
                [
                    "wrong_version", "not_a_version", "wrong_word", "not_ascii", "long_line", "http", "garbage",
                    "empty_line",
                ]
            ),
            ("load", ["garbage", "terabyte", "not_json", "no_type", "wrong_id", "close", "exit", "tools_is_text"]),
            ("validate", ["garbage", "terabyte", "not_json", "no_type", "close", "exit", "validated_is_text"]),
        ])
        func workersThatBreakTheProtocolWhileLoadingFail(_ place: String, _ modes: [String]) async throws {
            try await Self.run(modes, at: place) { chaos in
                for mode in modes {
                    let health = try await chaos.settled(mode)
                    #expect(health.state == .failed, "\(mode)")
                    if mode == "wrong_version" {
                        #expect(health.reason?.contains("version 99") == true, "\(health.reason ?? "")")
                    }
                }
            }
        }

        @Test(arguments: [
            [
                "garbage", "terabyte", "terabyte_blob", "largest_length", "empty", "not_json", "not_object", "no_type",
                "type_is_number",
            ],
            ["nan", "infinity", "not_utf8", "deep", "two_roots", "wrong_id", "id_is_text", "no_value"],
            [
                "handshake_again", "loaded_again", "validated_again", "tools_is_text", "close", "exit", "silence",
                "partial_header", "partial_text",
            ],
        ])
        func workersThatBreakTheProtocolInACallFail(_ modes: [String]) async throws {
            try await Self.run(modes, at: "call") { chaos in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for mode in modes {
                        group.addTask {
                            try await chaos.ready(mode)
                            let failure = try await chaos.failure(mode, "echo")
                            let waits = ["silence", "partial_header", "partial_text"].contains(mode)
                            #expect(failure.kind == (waits ? .timeout : .workerFault), "\(mode): \(failure)")
                            #expect(chaos.host.health(mode)?.state == .failed, "\(mode)")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test func aCallToAPluginThatIsLoadingIsToldSo() async throws {
            try await ChaosHost.run(configure: { $0.loadDeadline = .seconds(60) }) { folder in
                try ChaosHost.write(
                    "slow", .native, into: folder,
                    ["environment": ["CHAOS_LOAD": "init_slow", "CHAOS_SECONDS": "1.5"]])
            } _: { chaos in
                let failure = try await chaos.failure("slow", "echo")
                guard case .unavailable(.loaded, let reason) = failure.kind else {
                    Issue.record("\(failure)")
                    return
                }
                #expect(reason.hasPrefix("it is still loading") || reason.hasPrefix("it is about to be loaded"))
                #expect(failure.message.hasSuffix("Try again in a moment."), "\(failure)")
                // The first transition may be a moment away: "about to be loaded".
                while chaos.host.health("slow")?.history.isEmpty ?? true { try await Task.sleep(for: .milliseconds(2)) }
                let since = try #require(chaos.host.health("slow")?.history.first?.time)
                #expect(
                    try await chaos.failure("slow", "echo").message
                        == "Plugin is LOADED: it is still loading, since \(since). Try again in a moment.")
                try await chaos.ready("slow")
                #expect(try await chaos.call("slow", "echo", ["value": 1]) == 1)
            }
        }

        @Test func aSecondPluginOfANameIsListedWithWhoHasTheName() async throws {
            try await ChaosHost.run(plugins: { folder in
                for name in ["a", "b", "c"] { try ChaosHost.write(name, .native, into: folder, ["name": "twin"]) }
            }) { chaos in
                try await chaos.ready("twin")
                #expect(chaos.host.healthList().map(\.name) == ["twin", "twin~2", "twin~3"])
                let second = try await chaos.settled("twin~2")
                #expect(second.state == .failed)
                #expect(second.directory == chaos.folder.appendingPathComponent("b").path)
                let first = chaos.folder.appendingPathComponent("a").path
                #expect(second.reason == "Its name 'twin' is that of the plugin in \(first), which was found first.")
                #expect(second.mend?.contains("another name in its manifest.json") == true)
                // The mend mends it, and nothing piles up.
                let manifest = chaos.folder.appendingPathComponent("b/manifest.json")
                var value = try WireValue(json: [UInt8](Data(contentsOf: manifest)))
                value["name"] = "brother"
                try Data(value.json).write(to: manifest)
                let after = await chaos.host.reloadAll()
                #expect(after.map(\.name) == ["brother", "twin", "twin~2"])
                #expect(after.map(\.state) == [.initialized, .initialized, .failed])
                // The name goes to the next one when its owner goes.
                try FileManager.default.removeItem(atPath: first)
                #expect(await chaos.host.reloadAll().map(\.name) == ["brother", "twin"])
                #expect(chaos.host.health("twin")?.directory == chaos.folder.appendingPathComponent("c").path)
            }
        }

        @Test func reasonsAreSentences() async throws {
            try await ChaosHost.run(plugins: { folder in
                try ChaosHost.write(
                    "lacking", into: folder,
                    [
                        "dependencies": ["nothing_like_it"],
                        "models": ["net": "models/none.pt", "other": "models/other.pt"],
                    ])
            }) { chaos in
                let health = try await chaos.settled("lacking")
                let folder = chaos.folder.appendingPathComponent("lacking/models").path
                #expect(
                    health.reason
                        == "ImportError: No module named 'nothing_like_it'. Install with: pip install nothing_like_it. "
                        + "Model file not found: \(folder)/none.pt. Download it and place it there. "
                        + "Model file not found: \(folder)/other.pt. Download it and place it there.")
            }
        }

        @Test func whatOfTheSandboxIsMissingIsKnownBeforeAnyPluginAndEachLimitHasItsName() async throws {
            try await ChaosHost.run(plugins: { try ChaosHost.write("good", .native, into: $0) }) { chaos in
                let found = await chaos.host.examineSandbox()
                #expect(chaos.host.sandboxFacts.filter(found.missing.contains) == found.missing.sorted())
                #expect(found.applied.contains("limit open-files") && found.applied.contains("limit data"))
                #expect(Set(found.applied).count == found.applied.count, "\(found.applied)")
                try await chaos.ready("good")
                let health = try #require(chaos.host.health("good")?.sandbox)
                #expect(Set(health.applied) == Set(found.applied))
                #expect(health.missing == found.missing)
            }
        }

        private static func run(
            _ modes: [String], at place: String, _ body: (ChaosHost) async throws -> Void
        ) async throws {
            try await ChaosHost.run(
                configure: {
                    $0.restarts = 0
                    $0.keepsSpares = false
                    // For those that say less than they should.
                    $0.handshakeDeadline = .seconds(15)
                    $0.loadDeadline = .seconds(15)
                },
                plugins: { folder in
                    for mode in modes {
                        try ChaosHost.write(
                            mode, into: folder,
                            [
                                "runtime": "executable", "entrypoint": "wire_chaos.py", "timeout_seconds": 3,
                                "environment": ["CHAOS_WIRE": .string(mode), "CHAOS_AT": .string(place)],
                            ])
                    }
                }, body)
        }
    }
}
