/// What a result file is, by its name.
enum MediaType {
    static func of(fileName name: String) -> String {
        switch name.split(separator: ".").last?.lowercased() {
        case "json": "application/json"
        case "vtt": "text/vtt; charset=utf-8"
        case "txt", "rttm", "edl": "text/plain; charset=utf-8"
        case "csv": "text/csv; charset=utf-8"
        case "mp4": "video/mp4"
        case "jpg", "jpeg": "image/jpeg"
        case "png": "image/png"
        case "zip": "application/zip"
        default: "application/octet-stream"
        }
    }
}
