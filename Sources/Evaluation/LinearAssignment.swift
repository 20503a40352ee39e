/// Rectangular linear assignment by shortest augmenting paths (Crouse, "On implementing 2D rectangular assignment
/// algorithms", IEEE TAES 2016), O(rows² · columns).
///
/// Scores must equal TrackEval's to the last digit, also where several assignments cost the same. Therefore rows are
/// taken in order, columns are scanned from the last to the first, and among equally near columns a free one wins:
/// the order of SciPy's `linear_sum_assignment`, which TrackEval calls. (The tracker's own sparse matching is as exact
/// and faster, but ties fall otherwise, which moves identity switches.) The value keeps its buffers from call to call.
struct LinearAssignment {
    private var cost: [Double] = []
    private var rowPotential: [Double] = []
    private var columnPotential: [Double] = []
    private var distance: [Double] = []
    private var predecessor: [Int] = []
    private var columnOfRow: [Int] = []
    private var rowOfColumn: [Int] = []
    private var isRowReached: [Bool] = []
    private var isColumnReached: [Bool] = []
    private var remaining: [Int] = []

    /// The pairs that make the sum of `scores` greatest, as many as the smaller side has, ascending by row.
    ///
    /// - Parameter scores: Row-major, `rows * columns` finite values.
    mutating func maximize(scores: [Double], rows: Int, columns: Int) -> [(row: Int, column: Int)] {
        guard rows > 0, columns > 0 else { return [] }
        // Each of the smaller side's members gets a partner.
        let isTransposed = columns < rows
        let (height, width) = isTransposed ? (columns, rows) : (rows, columns)
        prepare(height: height, width: width)
        for row in 0..<rows {
            for column in 0..<columns {
                let index = isTransposed ? column * width + row : row * width + column
                cost[index] = -scores[row * columns + column]
            }
        }
        for row in 0..<height { augment(from: row, height: height, width: width) }
        if isTransposed {
            return (0..<height).map { (row: columnOfRow[$0], column: $0) }.sorted { $0.row < $1.row }
        }
        return (0..<height).map { (row: $0, column: columnOfRow[$0]) }
    }

    private mutating func prepare(height: Int, width: Int) {
        func refill<Element>(_ array: inout [Element], _ value: Element, _ count: Int) {
            array.removeAll(keepingCapacity: true)
            array.append(contentsOf: repeatElement(value, count: count))
        }
        refill(&cost, 0, height * width)
        refill(&rowPotential, 0, height)
        refill(&columnPotential, 0, width)
        refill(&distance, 0, width)
        refill(&predecessor, -1, width)
        refill(&columnOfRow, -1, height)
        refill(&rowOfColumn, -1, width)
        refill(&isRowReached, false, height)
        refill(&isColumnReached, false, width)
        refill(&remaining, 0, width)
    }

    /// Finds a partner for `start` along the shortest augmenting path, and updates the potentials.
    private mutating func augment(from start: Int, height: Int, width: Int) {
        for row in 0..<height { isRowReached[row] = false }
        for column in 0..<width {
            isColumnReached[column] = false
            distance[column] = .infinity
            remaining[column] = width - 1 - column
        }
        var remainingCount = width
        var nearest = 0.0
        var row = start
        var free = -1
        while free < 0 {
            isRowReached[row] = true
            let base = row * width
            let potential = rowPotential[row]
            var best = -1
            var lowest = Double.infinity
            for position in 0..<remainingCount {
                let column = remaining[position]
                let through = nearest + cost[base + column] - potential - columnPotential[column]
                if through < distance[column] {
                    distance[column] = through
                    predecessor[column] = row
                }
                let reached = distance[column]
                if reached < lowest || (reached == lowest && rowOfColumn[column] < 0) {
                    lowest = reached
                    best = position
                }
            }
            // Costs are finite and width ≥ height, so a free column is always within reach.
            precondition(best >= 0, "assignment scores are finite")
            nearest = lowest
            let column = remaining[best]
            if rowOfColumn[column] < 0 { free = column } else { row = rowOfColumn[column] }
            isColumnReached[column] = true
            remainingCount -= 1
            remaining[best] = remaining[remainingCount]
        }
        rowPotential[start] += nearest
        for row in 0..<height where isRowReached[row] && row != start {
            rowPotential[row] += nearest - distance[columnOfRow[row]]
        }
        for column in 0..<width where isColumnReached[column] {
            columnPotential[column] -= nearest - distance[column]
        }
        var column = free
        while true {
            let row = predecessor[column]
            rowOfColumn[column] = row
            swap(&columnOfRow[row], &column)
            if row == start { return }
        }
    }
}
