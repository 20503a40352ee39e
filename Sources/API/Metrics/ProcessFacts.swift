import Foundation

/// What the kernel says of this process, now.
struct ProcessFacts {
    var residentBytes = 0
    var processorSeconds = 0.0
    var openDescriptors = 0
    var descriptorLimit = 0
    /// Since 1970.
    var startSeconds = 0.0

    private static let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    private static let pageBytes = sysconf(Int32(_SC_PAGESIZE))
    /// When the machine started, since 1970.
    private static let boot: Double = {
        let line = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8))?  // 0 where it cannot be read
            .split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }()

    init() {
        // Behind the name, which may hold anything, in parentheses: proc(5).
        if let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),  // zeros where it cannot be read
            let end = text.lastIndex(of: ")")
        {
            let fields = text[end...].split(separator: " ").dropFirst().map { Double($0) ?? 0 }
            if fields.count > 21 {
                processorSeconds = (fields[11] + fields[12]) / Self.ticks
                startSeconds = Self.boot + fields[19] / Self.ticks
                residentBytes = Int(fields[21]) * Self.pageBytes
            }
        }
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")  // as above
        openDescriptors = descriptors?.count ?? 0
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            descriptorLimit = Int(clamping: limit.rlim_cur)
        }
    }
}
