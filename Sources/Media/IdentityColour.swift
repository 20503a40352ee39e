import Glibc

/// Colours that tell objects apart: always the same for an id, far from each other for ids that follow each other.
///
/// Hues step by the golden angle, at three lightnesses, in OKLCH (B. Ottosson, 2020), where equal steps look equal.
struct IdentityColour: Hashable, Sendable {
    /// sRGB, 0…1.
    var red: Double
    var green: Double
    var blue: Double

    static let white = IdentityColour(red: 1, green: 1, blue: 1)
    static let ink = IdentityColour(red: 0.05, green: 0.05, blue: 0.07)

    init(red: Double, green: Double, blue: Double) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    init(id: Int) {
        let step = Double(((id % 3600) + 3600) % 3600)
        let hue = (25 + step * 137.507_764).truncatingRemainder(dividingBy: 360) * .pi / 180
        let lightness = [0.74, 0.64, 0.84][Int(step) % 3]
        // As much colour as fits into sRGB at this hue and lightness.
        var chroma = 0.24
        var colour = Self.oklch(lightness, chroma, hue)
        while !colour.isDisplayable && chroma > 0.02 {
            chroma -= 0.01
            colour = Self.oklch(lightness, chroma, hue)
        }
        self = colour.clamped
    }

    /// Black or white, whichever reads better on this colour.
    var textColour: IdentityColour {
        let luminance =
            0.2126 * Self.linear(red) + 0.7152 * Self.linear(green) + 0.0722 * Self.linear(blue)
        return luminance > 0.25 ? .ink : .white
    }

    private var isDisplayable: Bool { [red, green, blue].allSatisfy { (-0.001...1.001).contains($0) } }

    private var clamped: IdentityColour {
        IdentityColour(red: min(max(red, 0), 1), green: min(max(green, 0), 1), blue: min(max(blue, 0), 1))
    }

    private static func linear(_ value: Double) -> Double {
        value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }

    private static func encoded(_ value: Double) -> Double {
        value <= 0.003_130_8 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
    }

    private static func oklch(_ lightness: Double, _ chroma: Double, _ hue: Double) -> IdentityColour {
        let (a, b) = (chroma * cos(hue), chroma * sin(hue))
        let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b)
        let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b)
        let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b)
        return IdentityColour(
            red: encoded(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
            green: encoded(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
            blue: encoded(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s))
    }

    private static func cube(_ value: Double) -> Double { value * value * value }
}
