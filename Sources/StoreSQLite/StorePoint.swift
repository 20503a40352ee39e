/// Moments at which a power cut, a kill or a full disk would hurt most. In service nothing happens at them; tests kill
/// the process there.
package enum StorePoint: String, CaseIterable, Sendable, Codable {
    /// The folder is locked, nothing else has happened.
    case locked
    /// An older database was copied, nothing was changed yet.
    case backedUp
    /// The steps of the schema are done, each committed.
    case migrated
    /// A group of writes has begun.
    case begun
    /// One caller's writes are done, not committed.
    case applied
    /// All of the group's writes are done, not committed.
    case beforeCommit
    /// The group is durable, nobody has been told.
    case committed
    /// Some of the group's callers have been told.
    case answered
}

/// Called at each ``StorePoint``.
package typealias StoreProbe = @Sendable (StorePoint) -> Void
