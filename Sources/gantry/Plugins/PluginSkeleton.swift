import FileSafety
import Foundation
import Model

/// What `gantry plugins new` writes.
enum PluginSkeleton {
    enum Runtime: String, CaseIterable { case python, swift }

    /// - Throws: `invalidArgument` where it cannot be a plugin's name.
    static func check(name: String) throws(CommandFailure) {
        let isFit = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isFit, let first = name.unicodeScalars.first,
            first.properties.isAlphabetic || ("0"..."9").contains(first),
            name.utf8.count <= 64
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "cannot be a plugin's name", subject: name,
                hint: "Use 1 to 64 of A-Z a-z 0-9 _ - and ., beginning with a letter or digit")
        }
    }

    /// The files, by their paths in the plugin's folder.
    ///
    /// - Parameter root: the folder with Gantry's Python library and, for a checkout, its Package.swift.
    static func files(name: String, runtime: Runtime, library: String?) throws -> [String: String] {
        switch runtime {
        case .python: try python(name: name, library: library)
        case .swift:
            SwiftSkeleton.files(
                name: name, gantry: library.map { String($0.dropLast("/python".count)) })
        }
    }

    private static func python(name: String, library: String?) throws -> [String: String] {
        guard let library, let paths = FileManager.default.enumerator(atPath: "\(library)/skeleton") else {
            throw CommandFailure(
                code: .notFound, message: "gantry's Python library is not beside the program",
                hint: "Run gantry from where it was installed or built, with its folder python/ beside it")
        }
        var files: [String: String] = [:]
        while let path = paths.nextObject() as? String {
            guard !path.contains("__pycache__"),
                let data = FileManager.default.contents(atPath: "\(library)/skeleton/\(path)"),
                paths.fileAttributes?[.type] as? FileAttributeType == .typeRegular
            else { continue }
            files[path.replacing("{{name}}", with: name)] =
                String(decoding: data, as: UTF8.self).replacing("{{name}}", with: name)
        }
        return files
    }

    /// Writes the files into a folder that must not exist: all of them, or nothing.
    static func write(_ files: [String: String], to folder: String) throws {
        guard unsafe access(folder, F_OK) != 0,
            (try? FileManager.default.destinationOfSymbolicLink(atPath: folder)) == nil
        else {
            throw CommandFailure(
                code: .invalidArgument, message: "is there already, and nothing is overwritten", subject: folder,
                hint: "Choose another name, or another place with --out")
        }
        let temporary = "\(folder).\(UUID().uuidString.prefix(8)).part"
        do {
            for (path, text) in files {
                let file = URL(fileURLWithPath: "\(temporary)/\(path)")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
            // Refused by the kernel where another was quicker.
            try FileManager.default.moveItem(atPath: temporary, toPath: folder)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)  // as far as it got
            throw CommandFailure(
                code: .permissionDenied, message: "cannot be written: \(error.localizedDescription)", subject: folder,
                hint: "Choose another place with --out")
        }
    }
}
