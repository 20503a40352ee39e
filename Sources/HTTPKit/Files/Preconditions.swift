/// The conditions of a request on what the client knows (RFC 9110, section 13.2.2, in its order).
struct Preconditions {
    enum Outcome: Equatable { case go, notModified, failed }

    private let headers: HTTPHeaders
    private let isSafe: Bool

    init(_ request: HTTPRequest) {
        headers = request.headers
        isSafe = request.method == .get || request.method == .head
    }

    func outcome(etag: String, modified: Int) -> Outcome {
        if let wanted = headers["if-match"] {
            guard tags(wanted).contains(where: { $0 == "*" || $0 == etag }) else { return .failed }
        } else if let date = headers["if-unmodified-since"].flatMap(HTTPDate.seconds), modified > date {
            return .failed
        }
        if !headers.all("if-none-match").isEmpty {
            // Weak comparison: W/ means nothing here.
            let known = headers.all("if-none-match").flatMap(tags).contains { tag in
                tag == "*" || (tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag) == etag
            }
            return known ? (isSafe ? .notModified : .failed) : .go
        }
        if isSafe, let date = headers["if-modified-since"].flatMap(HTTPDate.seconds), modified <= date {
            return .notModified
        }
        return .go
    }

    private func tags(_ header: String) -> [String] {
        header.split(separator: ",").map { String($0.filter { $0 != " " && $0 != "\t" }) }
    }
}
