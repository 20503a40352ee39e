import Glibc
import Model

/// Joins tracklets of one object across the gaps between them, by motion alone.
struct TrackletLinker {
    let settings: TrackingSettings.Linking
    private var solver = SparseAssignment()

    init(settings: TrackingSettings.Linking) { self.settings = settings }

    /// Links across gaps of at most `window` seconds; returns the joined tracklets in the order of their first frames.
    mutating func link(_ tracklets: [Tracklet], window: Double) -> [Tracklet] {
        let order = tracklets.indices.sorted {
            let (a, b) = (tracklets[$0].points[0].step, tracklets[$1].points[0].step)
            return a == b ? $0 < $1 : a < b
        }
        let starts = order.map { EndState(of: tracklets[$0].points, atStart: true, span: settings.span, uncrop: settings.uncrop) }
        let ends = order.map { EndState(of: tracklets[$0].points, atStart: false, span: settings.span, uncrop: settings.uncrop) }
        let firstSteps = order.map { tracklets[$0].points[0].step }
        let lastSteps = order.map { tracklets[$0].points[tracklets[$0].points.count - 1].step }
        let count = order.count

        struct Pair {
            var row: Int
            var column: Int
            var weight: Double
        }
        var pairs: [Pair] = []
        for row in 0..<count {
            // First tracklet that starts after this one ends.
            var low = row + 1
            var high = count
            while low < high {
                let middle = (low + high) / 2
                if firstSteps[middle] <= lastSteps[row] { low = middle + 1 } else { high = middle }
            }
            var column = low
            while column < count, starts[column].time - ends[row].time <= window {
                if tracklets[order[row]].classID == tracklets[order[column]].classID {
                    let weight = affinity(
                        ends[row], tracklets[order[row]].points.count, starts[column],
                        tracklets[order[column]].points.count)
                    if weight > 0 { pairs.append(Pair(row: row, column: column, weight: weight)) }
                }
                column += 1
            }
        }

        // A link must beat every rival of either end by a margin.
        var bestOfRow = [Double](repeating: 0, count: count)
        var secondOfRow = bestOfRow
        var bestOfColumn = bestOfRow
        var secondOfColumn = bestOfRow
        func rank(_ weight: Double, _ best: inout Double, _ second: inout Double) {
            if weight > best {
                second = best
                best = weight
            } else if weight > second {
                second = weight
            }
        }
        for pair in pairs {
            rank(pair.weight, &bestOfRow[pair.row], &secondOfRow[pair.row])
            rank(pair.weight, &bestOfColumn[pair.column], &secondOfColumn[pair.column])
        }
        solver.begin(columns: count)
        var next = 0
        for row in 0..<count {
            while next < pairs.count, pairs[next].row == row {
                solver.addEdge(column: pairs[next].column, weight: pairs[next].weight)
                next += 1
            }
            solver.closeRow()
        }
        solver.solve()
        var successor = [Int](repeating: -1, count: count)
        var hasPredecessor = [Bool](repeating: false, count: count)
        for pair in pairs where solver.columnOfRow[pair.row] == pair.column {
            let rowRival = pair.weight >= bestOfRow[pair.row] ? secondOfRow[pair.row] : bestOfRow[pair.row]
            let columnRival =
                pair.weight >= bestOfColumn[pair.column] ? secondOfColumn[pair.column] : bestOfColumn[pair.column]
            guard pair.weight >= max(rowRival, columnRival) + settings.margin else { continue }
            successor[pair.row] = pair.column
            hasPredecessor[pair.column] = true
        }

        var result: [Tracklet] = []
        for head in 0..<count where !hasPredecessor[head] {
            var joined = tracklets[order[head]]
            var tail = successor[head]
            while tail >= 0 {
                joined.points.append(contentsOf: tracklets[order[tail]].points)
                tail = successor[tail]
            }
            result.append(joined)
        }
        return result
    }

    /// How well `start` continues `end`: 1 for a perfect continuation, 0 or less for none.
    private func affinity(_ end: EndState, _ endCount: Int, _ start: EndState, _ startCount: Int) -> Double {
        let sameSide = end.side != 0 && end.side == start.side
        if end.side * start.side < 0 { return 0 }
        let gap = start.time - end.time
        let size = (end.height + start.height) / 2
        let growth = log(start.height / end.height)
        let damping = sameSide ? settings.borderDamping : settings.damping
        let reach = damping * (1 - exp(-gap / damping))
        // A velocity from few observations says little.
        let trustEnd = min(1, Double(endCount - 1) / settings.trustCount)
        let trustStart = min(1, Double(startCount - 1) / settings.trustCount)
        let trust = trustEnd + trustStart + 1e-9
        let velocityX = (end.velocityX * trustEnd + start.velocityX * trustStart) / trust
        let velocityY = (end.velocityY * trustEnd + start.velocityY * trustStart) / trust
        let spreadX = (sameSide ? settings.borderSpreadX : settings.spreadX)
            + (sameSide ? settings.borderSpreadXGrowth : settings.spreadXGrowth) * gap
        let spreadY = settings.spreadY + settings.spreadYGrowth * gap
        let errorX = (start.x - end.x - velocityX * reach) / (size * spreadX)
        let errorY = (start.y - end.y - velocityY * reach) / (size * spreadY)
        let distance = errorX * errorX + errorY * errorY
        var bias = sameSide ? settings.borderBias : settings.bias
        if !sameSide, end.side != 0 || start.side != 0 { bias -= settings.halfBorderPenalty }
        return bias - log(spreadX * spreadY) - 2.5 * log1p(distance / 3)
            - (sameSide ? 0.0 : 1) * settings.heightWeight * growth * growth
            - (sameSide ? 0 : settings.widthWeight * pow(log(start.width / end.width), 2))
            - settings.gapWeight * min(gap, 1)
    }
}
