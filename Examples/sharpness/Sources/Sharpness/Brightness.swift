import PluginKit

/// The brightness of a picture's pixels, 0 to 255.
struct Brightness {
    let width: Int
    let height: Int
    private var values: [Int16]

    /// Rec. 601 weights in 256ths.
    init(_ frame: Frame) {
        width = frame.width
        height = frame.height
        values = []
        values.reserveCapacity(width * height)
        for y in 0..<height {
            frame.withRow(y) { row in
                for x in 0..<frame.width {
                    let (red, green, blue) = (Int(row[3 * x]), Int(row[3 * x + 1]), Int(row[3 * x + 2]))
                    values.append(Int16((77 * red + 150 * green + 29 * blue) >> 8))
                }
            }
        }
    }

    /// The variance of the Laplacian over a part of the picture; 0 where it has no inner pixel.
    func sharpness(x: Range<Int>, y: Range<Int>) -> Double {
        let (columns, rows) = (x.clamped(to: 1..<max(1, width - 1)), y.clamped(to: 1..<max(1, height - 1)))
        var (sum, squares, count) = (0, 0, 0)
        for row in rows {
            for column in columns {
                let index = row * width + column
                let around = Int(values[index - 1]) + Int(values[index + 1]) + Int(values[index - width])
                    + Int(values[index + width])
                let edge = around - 4 * Int(values[index])
                sum += edge
                squares += edge * edge
                count += 1
            }
        }
        guard count > 0 else { return 0 }
        let mean = Double(sum) / Double(count)
        return Double(squares) / Double(count) - mean * mean
    }
}
