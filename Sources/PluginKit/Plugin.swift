/// A vision plugin written in Swift: what it can do, set up once, asked one call at a time.
///
/// Gantry starts the program in a process of its own, in a sandbox; see `docs/native-plugins.md`. A whole plugin:
///
/// ```swift
/// import PluginKit
///
/// /// Tells how bright a picture is.
/// struct Brightness: Plugin {
///     init(_ context: PluginContext) throws {}
///
///     var tools: [Tool] {
///         [
///             Tool("measure", "Mean brightness of the picture, 0 to 255.", takes: [.frame]) { call in
///                 let frame = try call.frame
///                 var sum = 0
///                 for y in 0..<frame.height {
///                     frame.withRow(y) { row in
///                         for index in row.indices { sum += Int(row[index]) }
///                     }
///                 }
///                 return ["brightness": Value(Double(sum) / Double(3 * frame.width * frame.height))]
///             }
///         ]
///     }
/// }
///
/// @main struct Program {
///     static func main() { PluginProcess.run(Brightness.self) }
/// }
/// ```
///
/// All of it runs on the process's main thread; a plugin need not be `Sendable`. What crashes ends the process, not
/// Gantry: a new one is started.
public protocol Plugin {
    /// Does the expensive set-up: loads models, opens devices.
    ///
    /// Throw ``ToolError/unavailable(_:)`` where something is missing that the user can bring (a model file, a GPU):
    /// Gantry then shows the plugin as UNAVAILABLE with that reason. Whatever else is thrown shows it as FAILED.
    init(_ context: PluginContext) throws

    /// What the plugin can do. Asked once, after `init`.
    var tools: [Tool] { get }

    /// Checks that the plugin can really work. Called once, after `init`; throw the reason where it cannot.
    func validate() throws
}

extension Plugin {
    public func validate() throws {}
}

/// What a plugin is told when it is set up.
public struct PluginContext: Sendable {
    /// The name in the manifest.
    public let name: String
    /// Absolute path of the plugin's folder, which is the working directory too. Read-only.
    public let directory: String
    /// The whole `manifest.json`; keys of the plugin's own are allowed in it.
    public let manifest: Value

    public init(name: String, directory: String, manifest: Value = [:]) {
        self.name = name
        self.directory = directory
        self.manifest = manifest
    }

    /// Absolute path of a file in the plugin's folder.
    public func path(_ relative: String) -> String {
        relative.hasPrefix("/") ? relative : "\(directory)/\(relative)"
    }
}
