import Foundation
import NIOCore

/// The server could not listen: where, why, and what to do.
package struct HTTPBindFailure: Error, Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int
    package let message: String
    package let hint: String

    init(host: String, port: Int, cause: any Error) {
        self.host = host
        self.port = port
        let number = (cause as? IOError)?.errnoCode
        switch number {
        case EADDRINUSE:
            message = "another program listens there already"
            hint = "Stop it, or choose another port; port 0 lets the system choose one"
        case EACCES:
            message = "ports below 1024 need a privilege that this user lacks"
            hint = "Choose a port above 1023"
        case EADDRNOTAVAIL:
            message = "this machine has no such address"
            hint = "Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses"
        default:
            message = "\(cause)"
            hint = "Give an address of this machine, such as 127.0.0.1, and a port from 0 to 65535"
        }
    }

    package var description: String { "Cannot listen on \(host):\(port): \(message). \(hint)" }
}
