import Glibc

/// What a program needs to read to run, besides what every program may read.
package enum ProgramFolders {
    /// The folders of an interpreter and its libraries: those around `program` and around each file that its symbolic
    /// links lead to (a virtual environment, and the installation that it was made from). Other programs bring only
    /// themselves.
    package static func readable(by program: String) -> [String] {
        var found: [String] = []
        func add(_ path: String) {
            if !found.contains(path) { found.append(path) }
        }
        var path = program
        // As many links as the kernel follows.
        for _ in 0..<40 {
            add(path)
            let folder = parent(of: path)
            for each in [folder, real(folder)] {
                let prefix = parent(of: each)
                // Only what is clearly an installation: someone's home has a bin folder too.
                if lastComponent(of: each) == "bin", prefix != "/", isPythonInstallation(prefix) { add(prefix) }
            }
            guard let target = link(path) else { break }
            path = target.hasPrefix("/") ? target : "\(folder)/\(target)"
        }
        add(real(program))
        return found
    }

    private static func isPythonInstallation(_ prefix: String) -> Bool {
        if unsafe access(prefix + "/pyvenv.cfg", F_OK) == 0 { return true }
        guard let folder = unsafe opendir(prefix + "/lib") else { return false }
        defer { unsafe closedir(folder) }
        while let entry = unsafe readdir(folder) {
            let isPython = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
                unsafe name.prefix(8).elementsEqual("python3.".utf8)
            }
            if isPython { return true }
        }
        return false
    }

    private static func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }

    private static func real(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func parent(of path: String) -> String {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return folder.isEmpty ? "/" : folder
    }

    private static func lastComponent(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? ""
    }
}
