/// A small native plugin: a SwiftPM package with a tool, its test and a manifest.
enum SwiftSkeleton {
    /// - Parameter gantry: a checkout of Gantry; nil where it is not known.
    static func files(name: String, gantry: String?) -> [String: String] {
        let type = typeName(name)
        let values = [
            "{{name}}": name, "{{type}}": type,
            "{{gantry}}": gantry ?? "../gantry",
        ]
        let files = [
            "manifest.json": manifest, "Package.swift": package, "README.md": readme, ".gitignore": ".build/\n",
            "Sources/{{type}}/{{type}}.swift": plugin, "Sources/{{type}}Program/Program.swift": program,
            "Tests/{{type}}Tests/{{type}}Tests.swift": test,
        ]
        var filled: [String: String] = [:]
        for (path, text) in files { filled[fill(path, values)] = fill(text, values) }
        return filled
    }

    private static func fill(_ text: String, _ values: [String: String]) -> String {
        values.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }

    /// `people-counter` becomes `PeopleCounter`.
    static func typeName(_ name: String) -> String {
        let words = name.split { !$0.isLetter && !$0.isNumber }
        let joined = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        return joined.first?.isLetter == true ? joined + "Plugin" : "Plugin" + joined
    }

    private static let manifest = """
        {
            "name": "{{name}}",
            "version": "0.1.0",
            "description": "Measures how bright a picture is",
            "runtime": "executable",
            "entrypoint": ".build/release/{{name}}",
            "timeout_seconds": 60,
            "memory_limit_mb": 512
        }

        """

    private static let package = """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "{{name}}",
            products: [.executable(name: "{{name}}", targets: ["{{type}}Program"])],
            dependencies: [.package(name: "gantry", path: "{{gantry}}")],
            targets: [
                .target(name: "{{type}}", dependencies: [.product(name: "PluginKit", package: "gantry")]),
                .executableTarget(name: "{{type}}Program", dependencies: ["{{type}}"]),
                .testTarget(name: "{{type}}Tests", dependencies: ["{{type}}"]),
            ]
        )

        """

    private static let plugin = """
        import PluginKit

        /// Tells how bright a picture is.
        public struct {{type}}: Plugin {
            /// Load models here. Throw `ToolError.unavailable` where one is missing that the user can bring.
            public init(_ context: PluginContext) throws {}

            public var tools: [Tool] {
                [
                    Tool(
                        "brightness", "Mean brightness of the picture, and whether it is above a threshold.",
                        takes: [.frame],
                        parameters: [Parameter("threshold", .number, "0 to 255", default: 128, in: 0...255)]
                    ) { call in
                        let frame = try call.frame
                        let threshold: Double = try call.argument("threshold")
                        var sum = 0
                        for y in 0..<frame.height {
                            frame.withRow(y) { row in
                                for index in row.indices { sum += Int(row[index]) }
                            }
                        }
                        let mean = Double(sum) / Double(3 * frame.width * frame.height)
                        return ["mean": Value(mean), "is_bright": Value(mean > threshold)]
                    }
                ]
            }
        }

        """

    private static let program = """
        import PluginKit
        import {{type}}

        @main struct Program {
            static func main() { PluginProcess.run({{type}}.self) }
        }

        """

    private static let test = """
        import PluginKit
        import Testing
        import {{type}}

        @Test func `a white picture is bright`() throws {
            let plugin = try {{type}}(PluginContext(name: "{{name}}", directory: "."))
            let tool = try #require(plugin.tools.first)
            let white = Frame(width: 2, height: 2, rgb8: [UInt8](repeating: 255, count: 12))
            #expect(try tool.run(ToolCall(of: tool, frame: white)) == ["mean": 255.0, "is_bright": true])
        }

        """

    private static let readme = """
        # {{name}}

        A plugin for Gantry, in Swift: say here what it finds, on what pictures, and how well.

        | tool | arguments | gives |
        |---|---|---|
        | `brightness` | a picture, `threshold` (0 to 255, default 128) | `mean`, `is_bright` |

        ## Build, test, try

            swift build -c release --static-swift-stdlib --product {{name}}
            swift test
            gantry plugins run . brightness --image picture.png

        `--static-swift-stdlib`: in Gantry's sandbox the program sees the system's libraries and its own folder, and not
        where a Swift toolchain may lie. `Package.swift` names the checkout of Gantry that has PluginKit. Where GitHub
        cannot be reached, `--config-path {{gantry}}/.swiftpm/configuration` behind `build` and `test` finds Gantry's
        own dependencies where that checkout does.

        """
}
