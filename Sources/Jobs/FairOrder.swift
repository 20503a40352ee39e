/// Ranks that let owners take turns: a hundred jobs of one and one job of another are served one, other, one, one, ….
///
/// Start-time fair queueing (Goyal, Vin and Cheng, 1996) with jobs of equal cost: a job's rank is the later of the rank
/// now being served and the rank after its owner's last one. Jobs are served by (rank, number of submission), so
/// the order is known at submission, and a job that comes back into the queue keeps its place.
package struct FairOrder: Hashable, Sendable {
    /// The highest rank that was served.
    package private(set) var served: Int64
    /// The rank that each owner's next job gets at least; only of owners ahead of `served`.
    private var next: [String: Int64] = [:]

    package init(served: Int64 = 0) { self.served = served }

    /// The rank of a new job of `owner`.
    package mutating func rank(for owner: String) -> Int64 {
        let rank = max(served, next[owner] ?? served)
        next[owner] = rank + 1
        return rank
    }

    /// A job that was queued before, as a store finds it when it opens.
    package mutating func restore(owner: String, rank: Int64) {
        next[owner] = max(next[owner] ?? rank + 1, rank + 1)
    }

    /// A job of this rank starts.
    package mutating func serve(_ rank: Int64) {
        guard rank > served else { return }
        served = rank
        // Owners without a job ahead say nothing that `served` does not: the table stays as small as the queue.
        if next.count > 1024, next.count > 2 * lastCount {
            next = next.filter { $0.value > served }
            lastCount = next.count
        }
    }

    private var lastCount = 0
}
