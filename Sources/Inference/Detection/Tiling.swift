import Model

/// How a frame is cut so that small objects reach the model large enough to be seen.
package enum Tiling: Hashable, Sendable, Codable {
    /// The whole frame at once.
    case none
    /// As many tiles as the frame's size asks for against the model's input.
    case auto
    case grid(rows: Int, columns: Int)

    /// Neighbouring tiles share this part of their width or height, so that what one border cuts the next tile holds.
    static let overlap = 0.2
    /// `auto` shrinks a tile to no less than this (source pixels per input pixel, inverted): a 20-pixel player stays
    /// large enough to be seen.
    static let smallestScale = 0.8
    /// `auto` never asks for more tiles than this.
    static let mostTiles = 64
}

extension Tiling: CustomStringConvertible {
    /// `none`, `auto` or `RxC` with 1 to 16 rows and columns.
    package init?(_ text: String) {
        switch text {
        case "none", "1x1": self = .none
        case "auto": self = .auto
        default:
            let parts = text.split(separator: "x", omittingEmptySubsequences: false)
            guard parts.count == 2, let rows = Int(parts[0]), let columns = Int(parts[1]),
                (1...16).contains(rows), (1...16).contains(columns)
            else { return nil }
            self = .grid(rows: rows, columns: columns)
        }
    }

    package var description: String {
        switch self {
        case .none: "none"
        case .auto: "auto"
        case .grid(let rows, let columns): "\(rows)x\(columns)"
        }
    }
}

extension Tiling {
    /// Rows and columns for a frame and an input picture, in pixels.
    func counts(frameWidth: Int, frameHeight: Int, inputWidth: Int, inputHeight: Int) -> (rows: Int, columns: Int) {
        switch self {
        case .none: return (1, 1)
        case .grid(let rows, let columns): return (rows, columns)
        case .auto:
            var scale = Tiling.smallestScale
            while true {
                let columns = Tiling.count(along: frameWidth, largestTile: Double(inputWidth) / scale)
                let rows = Tiling.count(along: frameHeight, largestTile: Double(inputHeight) / scale)
                if rows * columns <= Tiling.mostTiles { return (rows, columns) }
                scale *= 0.8
            }
        }
    }

    /// The fewest overlapping tiles that cover `length` with none longer than `largestTile`.
    private static func count(along length: Int, largestTile: Double) -> Int {
        let tiles = (Double(length) / largestTile - overlap) / (1 - overlap)
        return max(1, Int(tiles.rounded(.up)))
    }

    /// `count` overlapping pieces of equal length that cover `0..<length` exactly, in whole pixels. All begin at even
    /// pixels: video stores colour for pairs of them.
    static func pieces(of length: Int, count: Int) -> [Range<Int>] {
        guard count > 1 else { return [0..<length] }
        let tile = Double(length) / (Double(count) - Double(count - 1) * overlap)
        var size = min(length, Int(tile.rounded(.up)))
        size += (length - size) % 2
        return (0..<count).map { index in
            let start = Int((Double(index * (length - size) / 2) / Double(count - 1)).rounded()) * 2
            return start..<(start + size)
        }
    }
}
