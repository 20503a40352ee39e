import CCrypto

/// SHA-1 (FIPS 180-4) by OpenSSL's libcrypto, for the WebSocket handshake only, where it protects nothing.
enum SHA1 {
    /// - Throws: 500 where the library offers none (a build restricted to approved algorithms).
    static func digest(_ message: [UInt8]) throws(HTTPFailure) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        // Safe: it reads `message.count` bytes and writes the 20 of a SHA-1, and keeps neither address.
        guard unsafe EVP_Digest(message, message.count, &digest, nil, EVP_sha1(), nil) == 1 else {
            throw HTTPFailure(.internalServerError, "The server cannot compute the WebSocket handshake")
        }
        return digest
    }
}
