import Foundation

/// The graphics processors that the kernel knows, by name. Looked up once: they do not come and go.
package struct GPUFacts: Sendable {
    package let devices: [String]

    package static let ofThisMachine = GPUFacts(folder: "/proc/driver/nvidia/gpus")

    /// - Parameter folder: Where the driver lists them; missing where there is none.
    init(folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []  // no driver: none
        devices = names.sorted().map { name in
            let text = (try? String(contentsOfFile: "\(folder)/\(name)/information", encoding: .utf8)) ?? ""  // no name
            let model = text.split(separator: "\n").first { $0.hasPrefix("Model:") }?.dropFirst(6)
            return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? name
        }
    }
}
