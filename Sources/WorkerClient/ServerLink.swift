import FileSafety
import Foundation
import HTTPKit
import Jobs
import Model
import Synchronization

/// A worker's way to its server: finds it, shows its token, carries messages.
package final class ServerLink: Sendable {
    /// Where the server is and what lets the worker in.
    package enum Source: Sendable {
        /// As the operator said.
        case given(address: String, token: String)
        /// As the server wrote it into the storage folder; looked up again when the server is not found there.
        case storage(folder: String, host: String)
    }

    private struct Place: Sendable {
        var address: ServerAddress
        var token: String
        var client: HTTPClient
    }

    private let source: Source
    private let place = Mutex<Place?>(nil)

    package init(_ source: Source) { self.source = source }

    /// The server's answer to `message`.
    ///
    /// - Parameter deadline: For the answer's last byte.
    package func ask<Message: Encodable, Answer: Decodable>(
        _ word: String, _ message: Message, deadline: Duration = .seconds(20)
    ) async throws(WorkerFailure) -> Answer {
        let place = try find()
        let body: [UInt8]
        do {
            body = Array(try JSONEncoder().encode(message))
        } catch {
            throw WorkerFailure(code: .internalError, message: "a message cannot be written: \(error)")
        }
        let request = ClientRequest(
            .post, "/api/v1/workers/\(word)",
            headers: ["authorization": "Bearer \(place.token)", "content-type": "application/json"], body: body)
        let response: ClientResponse
        do throws(HTTPClientFailure) {
            response = try await place.client.ask(request, deadline: deadline)
        } catch {
            forget()
            throw WorkerFailure(
                code: error.reason == .cancelled ? .cancelled : .downloadFailed, message: "no answer: \(error)",
                subject: shown(place), hint: "Is gantry serve running there?")
        }
        guard response.status == 200 else { throw failure(response, place) }
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(response.body))
        } catch {
            throw WorkerFailure(
                code: .invalidData, message: "answers \(word) with what this version cannot read",
                subject: shown(place),
                hint: "Is it a gantry server of the version \(ProductVersion.string)?")
        }
    }

    package func close() {
        forget()
    }

    // MARK: Finding

    private func find() throws(WorkerFailure) -> Place {
        if let known = place.withLock({ $0 }) { return known }
        let found: Place
        switch source {
        case .given(let text, let token): found = Self.place(try ServerAddress(text), token)
        case .storage(let folder, let host): found = try Self.place(in: folder, host: host)
        }
        place.withLock { $0 = found }
        return found
    }

    private static func place(_ address: ServerAddress, _ token: String) -> Place {
        Place(
            address: address, token: token,
            client: HTTPClient(host: address.host, port: address.port, largestBody: WorkerMessages.largest))
    }

    private static func place(in folder: String, host: String) throws(WorkerFailure) -> Place {
        let path = "\(folder)/\(WorkerPass.fileName)"
        let pass: WorkerPass?
        do throws(FileSafetyFailure) {
            pass = try WorkerPass.read(in: folder)
        } catch {
            throw WorkerFailure(
                code: error.code, message: error.message, subject: error.subject ?? path,
                hint: error.code == .permissionDenied ? "Run the worker as the server's user" : error.hint)
        }
        guard let pass else {
            throw WorkerFailure(
                code: .busy, message: "no server has left its address and a token there", subject: path,
                hint: "Start gantry serve on the same folder, or set GANTRY_URL and GANTRY_TOKEN")
        }
        guard let address = pass.address(from: host) else {
            throw WorkerFailure(
                code: .busy, message: "the server runs on \(pass.host) and listens there only", subject: path,
                hint: "Start it with --host 0.0.0.0, or set GANTRY_URL and GANTRY_TOKEN")
        }
        return place(try ServerAddress(address), pass.token)
    }

    /// The next message looks anew: the server may be somewhere else by then.
    private func forget() {
        let known = place.withLock { place in
            defer { place = nil }
            return place
        }
        known?.client.close()
    }

    private func shown(_ place: Place) -> String {
        let host = place.address.host
        return "http://\(host.contains(":") ? "[\(host)]" : host):\(place.address.port)"
    }

    // MARK: Answers

    private struct ErrorBody: Decodable {
        struct Detail: Decodable { var refusal: String? }
        struct Fields: Decodable {
            var message: String?
            var hint: String?
            var refusal: String?

            enum Key: String, CodingKey { case message, hint, detail }

            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: Key.self)
                message = try values.decodeIfPresent(String.self, forKey: .message)
                hint = try values.decodeIfPresent(String.self, forKey: .hint)
                // Other errors have other details.
                refusal = (try? values.decodeIfPresent(Detail.self, forKey: .detail))?.refusal
            }
        }
        var error: Fields
    }

    private func failure(_ response: ClientResponse, _ place: Place) -> WorkerFailure {
        let said = (try? JSONDecoder().decode(ErrorBody.self, from: Data(response.body)))?.error  // another server's
        let message = said?.message ?? "answers with status \(response.status)"
        switch response.status {
        case 401, 403:
            forget()
            return WorkerFailure(
                code: .permissionDenied, message: "does not let this worker in: \(message)", subject: shown(place),
                hint: "Its token is in \(WorkerPass.fileName) of the server's storage; for others: "
                    + "gantry token create NAME --scopes worker")
        case 404:
            return WorkerFailure(
                code: .unsupported, message: "takes no workers", subject: shown(place),
                hint: "Is it a gantry server of the version \(ProductVersion.string)?")
        case 409:
            let refusal = said?.refusal.flatMap(WorkerRefusal.init)
            let code: FailureCode =
                switch refusal {
                case .version: .unsupported
                case .storage: .invalidArgument
                case .name, .session, nil: .busy
                }
            return WorkerFailure(
                code: code, message: message, subject: shown(place), hint: said?.hint, refusal: refusal)
        case 507:
            return WorkerFailure(code: .storageFull, message: message, subject: shown(place), hint: said?.hint)
        case 400, 413, 415, 422:
            return WorkerFailure(code: .invalidArgument, message: message, subject: shown(place), hint: said?.hint)
        default:
            return WorkerFailure(code: .busy, message: message, subject: shown(place), hint: said?.hint)
        }
    }
}
