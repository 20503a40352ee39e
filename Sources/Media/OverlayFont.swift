import CLibAV
import Glibc
import Model

/// A font at one size, its glyphs rendered once. Not synchronised: one owner at a time.
@safe final class OverlayFont {
    /// Where the usual distributions keep a legible sans-serif font, bold first.
    private static let candidates = [
        "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
        "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf",
        "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",
        "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
        "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
        "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/truetype/freefont/FreeSansBold.ttf",
    ]

    private let handle: OpaquePointer
    /// Height of a capital letter, in pixels.
    let capHeight: Double

    /// - Parameter pixels: height of a line of text.
    init(pixels: Int) throws(MediaFailure) {
        guard let path = Self.candidates.first(where: { unsafe access($0, R_OK) == 0 }) else {
            throw MediaFailure(
                code: .unsupported, message: "no font for the overlay's labels was found",
                hint: "Install one (Debian: apt install fonts-dejavu-core)")
        }
        var font: OpaquePointer?
        guard unsafe gav_font_open(&font, path, Int32(pixels)) == 0, let font = unsafe font else {
            throw MediaFailure(
                code: .unsupported, message: "the font cannot be read", subject: path,
                hint: "Reinstall it (Debian: apt install --reinstall fonts-dejavu-core)")
        }
        unsafe handle = font
        capHeight = unsafe gav_font_cap_height(font)
    }

    deinit { unsafe gav_font_close(handle) }

    /// Width of the text, in pixels.
    func width(of text: String) -> Double {
        let scalars = text.unicodeScalars.map(\.value)
        return unsafe gav_font_width(handle, scalars, scalars.count)
    }

    func draw(_ text: String, into mask: gav_mask, x: Double, baseline: Double) {
        let scalars = text.unicodeScalars.map(\.value)
        unsafe gav_font_draw(handle, mask, x, baseline, scalars, scalars.count)
    }
}
