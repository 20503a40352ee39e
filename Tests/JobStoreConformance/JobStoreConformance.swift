import Jobs
import Testing

/// What every job store has to do, one case at a time; a store's own tests run all of them:
///
///     @Test(arguments: JobStoreConformance.cases)
///     func conforms(_ conformance: JobStoreConformance) async throws {
///         try await conformance.check(StorePlace { settings in try MyStore(…) })
///     }
package struct JobStoreConformance: Sendable, CustomTestStringConvertible {
    package let name: String
    private let body: @Sendable (StorePlace) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (StorePlace) async throws -> Void) {
        self.name = name
        self.body = body
    }

    package var testDescription: String { name }

    package static let cases = submission + claims + transitions + leases + reading + log + drafts + model

    /// - Parameter place: Empty, and this call's own.
    package func check(_ place: StorePlace) async throws { try await body(place) }
}

/// Where one store lies: opened again, it has what it had.
package struct StorePlace: Sendable {
    private let opening: @Sendable (StoreSettings) async throws -> any DraftStore

    /// - Parameter open: Opens the same store each time; the one before is closed by then.
    package init(open: @escaping @Sendable (StoreSettings) async throws -> any DraftStore) { opening = open }

    func open(_ settings: StoreSettings = StoreSettings()) async throws -> any DraftStore {
        try await opening(settings)
    }
}

/// How a case wants its store.
package struct StoreSettings: Sendable {
    /// Without chance, so that a case can name the moments it expects.
    package var policy = RetryPolicy(retries: 3, baseDelay: .seconds(2), maximumDelay: .seconds(60), jitter: 0)
    package var boot = BootID("first boot")
    /// Of lease tokens.
    package var seed: UInt64 = 1
}
