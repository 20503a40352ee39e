// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "sharpness",
    products: [.executable(name: "sharpness", targets: ["SharpnessProgram"])],
    // The checkout of Gantry that this example lies in. Copied elsewhere, it names that checkout's path.
    dependencies: [.package(name: "gantry", path: "../..")],
    targets: [
        .target(name: "Sharpness", dependencies: [.product(name: "PluginKit", package: "gantry")]),
        .executableTarget(name: "SharpnessProgram", dependencies: ["Sharpness"]),
        .testTarget(name: "SharpnessTests", dependencies: ["Sharpness"]),
    ]
)
