// swift-tools-version: 6.2
import PackageDescription

/// Every Gantry target is held to the same rules: Swift 6 language mode, strict memory safety, no warnings.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "gantry",
    products: [
        .executable(name: "gantry", targets: ["gantry"]),
        // What every plugin process starts as; lies beside `gantry`.
        .executable(name: "gantry-sandbox", targets: ["CSandbox"]),
        .library(name: "PluginKit", targets: ["PluginKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.5.4"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.65.0"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "5.0.6"),
    ],
    targets: [
        // C shims: libav, and the inference engines behind dlopen.
        .systemLibrary(name: "CFreeType", pkgConfig: "freetype2", providers: [.apt(["libfreetype-dev"])]),
        .target(name: "CLibAV", dependencies: ["CFreeType"], linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CInference", linkerSettings: [.linkedLibrary("dl")]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .target(name: "CFileSafety"),
        .target(name: "CSupervision"),
        .target(name: "CPluginWire"),

        // The sandbox launcher, a small C program.
        .executableTarget(
            name: "CSandbox",
            cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"])]),

        // The modules. Each may import only what ARCHITECTURE allows: arrows point towards Model.
        .target(name: "Model", swiftSettings: strict),
        .target(name: "Tracking", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "Evaluation", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "Formats", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "FileSafety", dependencies: ["Model", "CCrypto", "CFileSafety"], swiftSettings: strict),
        .target(name: "Supervision", dependencies: ["Model", "CSupervision"], swiftSettings: strict),
        .target(name: "Media", dependencies: ["Model", "CLibAV"], swiftSettings: strict),
        .target(
            name: "Inference",
            dependencies: ["Model", "FileSafety", "CInference", .product(name: "Yams", package: "Yams")],
            resources: [.embedInCode("models.yaml")],
            swiftSettings: strict),
        .target(name: "PluginWire", dependencies: ["Model", "CPluginWire"], swiftSettings: strict),
        // What native plugins are written with: the one public library.
        .target(name: "PluginKit", dependencies: ["PluginWire"], swiftSettings: strict),
        .target(
            name: "PluginHost", dependencies: ["PluginWire", "Supervision", "CSupervision", "FileSafety", "Model"],
            swiftSettings: strict),
        .target(name: "Jobs", dependencies: ["Model", "FileSafety"], swiftSettings: strict),
        .target(
            name: "StoreSQLite", dependencies: ["Model", "FileSafety", "Jobs", "CSQLite"], swiftSettings: strict),
        // The queue as RQ's tools see it, in Redis.
        .target(name: "QueueRedis", dependencies: ["Jobs", "Model", "CHiredis"], swiftSettings: strict),
        .target(name: "Attempts", dependencies: ["Jobs", "Supervision", "FileSafety", "Model"], swiftSettings: strict),
        .target(
            name: "HTTPKit",
            dependencies: [
                "CCrypto",
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // A server's jobs as its worker (gantry worker) sees them.
        .target(name: "WorkerClient", dependencies: ["Jobs", "HTTPKit", "FileSafety", "Model"], swiftSettings: strict),
        .target(
            name: "Pipelines",
            dependencies: [
                "Model", "Tracking", "Formats", "FileSafety", "Media", "Inference", "PluginHost", "PluginWire",
            ],
            resources: [.embedInCode("pipelines.yaml")],
            swiftSettings: strict),
        .target(
            name: "API",
            dependencies: [
                "HTTPKit", "PluginHost", "PluginWire", "Pipelines", "Jobs", "FileSafety", "Model", "CArchive",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "ServerLog", dependencies: ["Model", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        // Checks behind `gantry diagnose`.
        .target(
            name: "Diagnostics",
            dependencies: ["Model", "FileSafety", "Supervision", "Media", "Inference", "PluginWire"],
            swiftSettings: strict),
        .executableTarget(
            name: "gantry",
            dependencies: [
                "Diagnostics",
                "Model", "Tracking", "Evaluation", "Formats", "FileSafety", "Supervision", "Media", "Inference",
                "PluginWire", "PluginKit", "PluginHost", "Pipelines", "CSandbox", "HTTPKit", "API", "ServerLog", "Jobs",
                "StoreSQLite", "QueueRedis", "Attempts", "WorkerClient",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Tests: one folder per module.
        .executableTarget(
            name: "gantry-chaos", dependencies: ["PluginKit"], path: "Tests/Plugins/native-chaos", swiftSettings: strict
        ),
        .target(name: "TestSupport", dependencies: ["Model"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "ModelTests", dependencies: ["Model", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TrackingTests", dependencies: ["Tracking", "Evaluation", "Formats", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Evaluation", "Formats", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "FormatsTests", dependencies: ["Formats", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "FileSafetyTests", dependencies: ["FileSafety", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "SupervisionTests", dependencies: ["Supervision", "Model", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "MediaTests", dependencies: ["Media", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "InferenceTests",
            dependencies: ["Inference", "CInference", "FileSafety", "Media", "gantry", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "PluginWireTests", dependencies: ["PluginWire", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "PluginKitTests",
            dependencies: [
                "PluginKit", "PluginWire", "Pipelines", "Media", "Inference", "gantry", "gantry-chaos", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "APITests",
            dependencies: [
                "API", "HTTPKit", "Jobs", "StoreSQLite", "Pipelines", "FileSafety", "PluginHost", "PluginWire", "Model",
                "WorkerClient", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ServerLogTests",
            dependencies: ["ServerLog", "Model", "TestSupport", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(
            name: "AttemptsTests",
            dependencies: ["Attempts", "Jobs", "StoreSQLite", "Supervision", "CSandbox", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "JobsTests", dependencies: ["Jobs", "TestSupport"], swiftSettings: strict),
        .target(
            name: "JobStoreConformance", dependencies: ["Jobs", "TestSupport"], path: "Tests/JobStoreConformance",
            swiftSettings: strict),
        .target(name: "CFaultyVFS", dependencies: ["CSQLite"], path: "Tests/CFaultyVFS"),
        .executableTarget(
            name: "gantry-store-victim", dependencies: ["StoreSQLite", "Jobs", "TestSupport"],
            path: "Tests/StoreVictim",
            swiftSettings: strict),
        .testTarget(
            name: "StoreSQLiteTests",
            dependencies: [
                "StoreSQLite", "Jobs", "CSQLite", "CFaultyVFS", "FileSafety", "JobStoreConformance", "TestSupport",
                "gantry-store-victim",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "QueueRedisTests",
            dependencies: ["QueueRedis", "Jobs", "Model", "StoreSQLite", "JobStoreConformance", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PluginHostTests",
            dependencies: [
                "PluginHost", "PluginWire", "Supervision", "gantry", "gantry-chaos", "CSandbox", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HTTPKitTests",
            dependencies: ["HTTPKit", "TestSupport", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: strict),
        .testTarget(
            name: "PipelinesTests", dependencies: ["Pipelines", "PluginWire", "TestSupport", "gantry"],
            swiftSettings: strict),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["gantry", "Formats", "Media", "Pipelines", "PluginHost", "PluginWire", "TestSupport"],
            swiftSettings: strict),
    ]
)
