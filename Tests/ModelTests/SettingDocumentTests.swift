import Foundation
import Testing

@testable import Model

/// `docs/configuration.md` and the sources against the one table of settings.
struct SettingDocumentTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A row of the document's table.
    private static func row(_ setting: Setting) -> String {
        let names = ([setting.name] + setting.aliases).map { "`\($0)`" }.joined(separator: ", ")
        let standard = setting.standard.map { "`\($0)`" } ?? ""
        return "| \(names) | \(setting.kind.expected) | \(standard) | \(setting.about) |"
    }

    @Test func theDocumentHoldsEverySettingOnceInOrder() throws {
        let document = try String(
            contentsOf: Self.root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
        let rows = document.split(whereSeparator: \.isNewline).map(String.init).filter { $0.hasPrefix("| `") }
        let expected = Setting.all.map(Self.row)
        #expect(rows == expected, "the tables should be, together:\n\(expected.joined(separator: "\n"))")
    }

    /// Variables of the system, and those that Gantry sets for its children.
    private static let foreign: Set<String> = [
        "HOME", "PATH", "TERM", "LANG", "XDG_CACHE_HOME", "TMPDIR", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONNOUSERSITE",
        "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "MALLOC_CHECK_", "MALLOC_PERTURB_", "SWIFT_BACKTRACE",
    ]

    @Test func noVariableIsReadThatIsNotInTheTable() throws {
        let names = Set(Setting.all.flatMap { [$0.name] + $0.aliases }).union(Self.foreign)
        let sources = Self.root.appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /(?:environment|settings)\["([A-Z][A-Z0-9_]+)"\]/) {
                count += 1
                #expect(names.contains(String(match.1)), "\(file.lastPathComponent) reads \(match.1)")
            }
        }
        #expect(count > 0)
    }
}
