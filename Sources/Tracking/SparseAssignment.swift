/// Exact maximum-weight bipartite matching over a sparse graph of candidate pairs.
///
/// Rows and columns may stay unmatched (at weight 0), so only pairs that are worth it are matched. Solved row by row
/// along shortest augmenting paths with dual potentials (Jonker & Volgenant, 1987), each search touching only the
/// rows and columns reachable from its start: the graph's connected components are solved apart without being looked
/// for, and the cost is near-linear where objects stand in small groups. Buffers are kept between calls.
struct SparseAssignment {
    /// Column matched to each row and row matched to each column, or -1.
    private var columnOfRow: [Int] = []
    private var rowOfColumn: [Int] = []

    private var edgeStart: [Int] = []
    private var edgeColumn: [Int] = []
    private var edgeWeight: [Double] = []
    private var columnCount = 0

    private var rowPotential: [Double] = []
    private var columnPotential: [Double] = []
    private var distance: [Double] = []
    private var parentRow: [Int] = []
    /// 0: not met in this search, 1: met, 2: settled.
    private var mark: [UInt8] = []
    private var met: [Int] = []
    private var frontier: [Int] = []

    /// The column that a row was matched with.
    func column(ofRow row: Int) -> Int? { columnOfRow[row] >= 0 ? columnOfRow[row] : nil }

    /// The row that a column was matched with.
    func row(ofColumn column: Int) -> Int? { rowOfColumn[column] >= 0 ? rowOfColumn[column] : nil }

    /// Begins a new problem with `columns` columns; rows follow through ``closeRow()``.
    mutating func begin(columns: Int) {
        columnCount = columns
        edgeStart.removeAll(keepingCapacity: true)
        edgeStart.append(0)
        edgeColumn.removeAll(keepingCapacity: true)
        edgeWeight.removeAll(keepingCapacity: true)
    }

    /// Offers a pair of the row being described; pairs of weight 0 or less are never matched and are left out.
    mutating func addEdge(column: Int, weight: Double) {
        guard weight > 0, weight.isFinite else { return }
        edgeColumn.append(column)
        edgeWeight.append(weight)
    }

    /// Ends the description of a row.
    mutating func closeRow() { edgeStart.append(edgeColumn.count) }

    /// Matches; the answer is in ``column(ofRow:)`` and ``row(ofColumn:)``.
    mutating func solve() {
        let rows = edgeStart.count - 1
        Self.reset(&columnOfRow, count: rows, to: -1)
        Self.reset(&rowOfColumn, count: columnCount, to: -1)
        Self.reset(&rowPotential, count: rows, to: 0)
        Self.reset(&columnPotential, count: columnCount, to: 0)
        Self.reset(&distance, count: columnCount, to: 0)
        Self.reset(&parentRow, count: columnCount, to: -1)
        Self.reset(&mark, count: columnCount, to: 0)
        for row in 0..<rows where edgeStart[row] < edgeStart[row + 1] { insert(row) }
    }

    /// Brings one more row into the matching along the cheapest augmenting path.
    ///
    /// Costs are negative weights; every row also owns a private dummy column of cost 0 on which it stays unmatched.
    private mutating func insert(_ start: Int) {
        var best = 0.0
        for edge in edgeStart[start]..<edgeStart[start + 1] {
            best = min(best, -edgeWeight[edge] - columnPotential[edgeColumn[edge]])
        }
        rowPotential[start] = best

        var row = start
        var reached = 0.0
        /// Cheapest way found so far to leave some row on its dummy.
        var dummyCost = Double.infinity
        var dummyRow = -1
        var endColumn = -1
        frontier.removeAll(keepingCapacity: true)
        met.removeAll(keepingCapacity: true)

        while true {
            let offset = reached - rowPotential[row]
            if offset < dummyCost {
                dummyCost = offset
                dummyRow = row
            }
            for edge in edgeStart[row]..<edgeStart[row + 1] {
                let column = edgeColumn[edge]
                if mark[column] == 2 { continue }
                let candidate = offset - edgeWeight[edge] - columnPotential[column]
                if mark[column] == 0 {
                    mark[column] = 1
                    frontier.append(column)
                    met.append(column)
                } else if candidate >= distance[column] {
                    continue
                }
                distance[column] = candidate
                parentRow[column] = row
            }
            var nearest = -1
            var nearestSlot = -1
            for slot in 0..<frontier.count {
                let column = frontier[slot]
                if nearest < 0 || distance[column] < distance[nearest]
                    || (distance[column] == distance[nearest] && column < nearest)
                {
                    nearest = column
                    nearestSlot = slot
                }
            }
            if nearest < 0 || dummyCost <= distance[nearest] { break }
            reached = distance[nearest]
            frontier.swapAt(nearestSlot, frontier.count - 1)
            frontier.removeLast()
            mark[nearest] = 2
            if rowOfColumn[nearest] < 0 {
                endColumn = nearest
                break
            }
            row = rowOfColumn[nearest]
        }

        let total = endColumn >= 0 ? reached : dummyCost
        rowPotential[start] += total
        for column in met {
            if mark[column] == 2 {
                let slack = total - distance[column]
                columnPotential[column] -= slack
                if rowOfColumn[column] >= 0 { rowPotential[rowOfColumn[column]] += slack }
            }
            mark[column] = 0
        }
        augment(from: start, endColumn: endColumn, dummyRow: dummyRow)
    }

    private mutating func augment(from start: Int, endColumn: Int, dummyRow: Int) {
        var column = endColumn
        if column < 0 {
            // `dummyRow` gives up its column (none when it is the new row itself) and stays unmatched.
            column = columnOfRow[dummyRow]
            columnOfRow[dummyRow] = -1
            if dummyRow == start { return }
        }
        while true {
            let row = parentRow[column]
            let previous = columnOfRow[row]
            columnOfRow[row] = column
            rowOfColumn[column] = row
            if row == start { return }
            column = previous
        }
    }

    private static func reset<Element>(_ array: inout [Element], count: Int, to value: Element) {
        array.removeAll(keepingCapacity: true)
        for _ in 0..<count { array.append(value) }
    }
}
