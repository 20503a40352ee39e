import Foundation
import PluginHost
import PluginWire
import Synchronization
import TestSupport
import Testing

/// A host over copies of the chaos plugins, with folders of its own; everything is gone at the end.
struct ChaosHost: Sendable {
    enum Language: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case python, native
        var testDescription: String { rawValue }
    }

    let host: PluginHost
    let folder: URL
    let reports: ReportLog

    /// Makes a host over the plugins that `plugins` writes into its folder, does `body`, and shuts it down.
    static func run(
        configure: (inout PluginHostConfiguration) -> Void = { _ in }, plugins: (URL) throws -> Void,
        _ body: (ChaosHost) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-host-\(UUID().uuidString)")
        let folders = folder.appendingPathComponent("plugins")
        try FileManager.default.createDirectory(at: folders, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover scratch folder harms nothing
        try plugins(folders)
        let reports = ReportLog()
        var configuration = PluginHostConfiguration(
            stateFolder: folder.appendingPathComponent("state").path, program: GantryProgram.path)
        configuration.pluginFolders = [folders.path]
        configuration.pythonLibrary = repository.appendingPathComponent("python").path
        configuration.python = TestEnvironment.python
        configuration.report = { reports.append($0) }
        configure(&configuration)
        let host = PluginHost(configuration: configuration)
        host.start()
        do {
            try await body(ChaosHost(host: host, folder: folders, reports: reports))
        } catch {
            await host.shutdown(deadline: .seconds(2))
            throw error
        }
        await host.shutdown(deadline: .seconds(2))
        let left = host.healthList().flatMap(\.workers).filter { kill($0, 0) == 0 }
        #expect(left.isEmpty, "workers outlive the host: \(left)")
    }

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Writes a chaos plugin named `name` into `folder`, with `changes` to its manifest.
    static func write(
        _ name: String, _ language: Language = .python, into folder: URL, _ changes: [String: WireValue] = [:]
    ) throws {
        let target = folder.appendingPathComponent(name)
        let source = repository.appendingPathComponent("Tests/Plugins/chaos")
        try FileManager.default.copyItem(at: source, to: target)
        var manifest = try WireValue(json: Array(Data(contentsOf: source.appendingPathComponent("manifest.json"))))
        manifest["name"] = .string(name)
        if language == .native {
            manifest["runtime"] = "executable"
            manifest["entrypoint"] = .string(nativeProgram)
        }
        for (key, value) in changes { manifest[key] = value }
        try Data(manifest.json).write(to: target.appendingPathComponent("manifest.json"))
    }

    private static var nativeProgram: String {
        URL(fileURLWithPath: GantryProgram.path).deletingLastPathComponent().appendingPathComponent("gantry-chaos").path
    }

    // MARK: Steps

    /// The health of a plugin once nothing about it changes by itself.
    func settled(_ name: String, _ location: SourceLocation = #_sourceLocation) async throws -> PluginHealth {
        let isSettled = await host.settle(name, deadline: .seconds(60))
        try #require(isSettled, "\(name) does not settle", sourceLocation: location)
        return try #require(host.health(name), sourceLocation: location)
    }

    func ready(_ name: String, _ location: SourceLocation = #_sourceLocation) async throws {
        let health = try await settled(name, location)
        try #require(
            health.state == .initialized,
            "\(name) is \(health.state): \(health.reason ?? ""). \(host.log(name)?.suffix(20).joined(separator: "\n") ?? "")",
            sourceLocation: location)
    }

    @discardableResult
    func call(_ plugin: String, _ tool: String, _ arguments: WireValue = [:]) async throws -> WireValue {
        try await host.run(PluginCall(plugin: plugin, tool: tool, arguments: arguments)).value()
    }

    /// How a call fails.
    func failure(
        _ plugin: String, _ tool: String, _ arguments: WireValue = [:], image: PluginCall.Image = .none,
        deadline: Duration? = nil, _ location: SourceLocation = #_sourceLocation
    ) async throws -> PluginHostFailure {
        do {
            let result = try await host.run(
                PluginCall(plugin: plugin, tool: tool, arguments: arguments, image: image, deadline: deadline))
            let text = String(decoding: result.json.prefix(200), as: UTF8.self)
            Issue.record("\(tool) answered \(text)", sourceLocation: location)
        } catch {
            return error
        }
        throw CancellationError()
    }
}

/// What a host reported.
final class ReportLog: Sendable {
    private let reports = Mutex<[HostReport]>([])
    func append(_ report: HostReport) { reports.withLock { $0.append(report) } }
    var all: [HostReport] { reports.withLock { $0 } }
}
