import Jobs
import TestSupport
import Testing

@Suite struct QueueTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func positionsAreThoseOfASortedList(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let first = (0..<3000).map { QueueKey(rank: Int64($0 / 3), number: Int64($0)) }
        var queue = QueueOrder(sorted: first)
        var list = first
        for step in 0..<4000 {
            let key = QueueKey(
                rank: Int64.random(in: 0..<1500, using: &generator),
                number: Int64.random(in: 0..<6000, using: &generator))
            let place = list.firstIndex { !($0 < key) } ?? list.count
            let isThere = place < list.count && list[place] == key
            #expect(queue.position(of: key) == (isThere ? place + 1 : nil))
            if step % 2 == 0 {
                queue.insert(key)
                if !isThere { list.insert(key, at: place) }
            } else if let other = list.randomElement(using: &generator) {
                #expect(queue.position(of: other) == list.firstIndex(of: other).map { $0 + 1 })
                queue.remove(other)
                list.removeAll { $0 == other }
                queue.remove(other)
            }
            #expect(queue.count == list.count)
        }
        for key in list { queue.remove(key) }
        #expect(queue.count == 0 && queue.position(of: QueueKey(rank: 0, number: 0)) == nil)
    }

    @Test func ownersShareTheTurnsWhateverTheyBring() {
        var order = FairOrder()
        var queue: [(rank: Int64, number: Int, owner: String)] = []
        for number in 0..<300 {
            let owner = number < 200 ? "many" : ["few", "other"][number % 2]
            queue.append((order.rank(for: owner), number, owner))
        }
        queue.sort { ($0.rank, $0.number) < ($1.rank, $1.number) }
        let turns = queue.prefix(150).map(\.owner)
        for owner in ["many", "few", "other"] { #expect(turns.count { $0 == owner } == 50) }
    }

    @Test func whoComesLateStartsWhereTheOthersAre() {
        var order = FairOrder()
        for _ in 0..<100 { order.serve(order.rank(for: "early")) }
        let early = order.rank(for: "early")
        let late = order.rank(for: "late")
        #expect(late <= early && late >= early - 1)
    }

    @Test func aTableOfManyOwnersStaysSmallWithoutChangingTheOrder() {
        var order = FairOrder()
        for owner in 0..<10_000 {
            let rank = order.rank(for: "owner \(owner)")
            #expect(rank == order.served)
            order.serve(rank)
            if owner % 10 == 0 { order.serve(rank + 1) }
        }
        #expect(order.rank(for: "owner 3") == order.served)
    }
}
