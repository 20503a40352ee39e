import Model
import Testing

@testable import Inference

@Suite struct TilingTests {
    @Test(arguments: [(1080, 3), (478, 2), (17, 16), (6500, 13), (100, 1)])
    func `pieces cover the whole length and overlap`(length: Int, count: Int) {
        let pieces = Tiling.pieces(of: length, count: count)
        #expect(pieces.count == count)
        #expect(pieces.first?.lowerBound == 0)
        #expect(pieces.last?.upperBound == length)
        for (piece, next) in zip(pieces, pieces.dropFirst()) {
            #expect(piece.count == next.count)
            #expect(piece.upperBound >= next.lowerBound)
        }
    }

    @Test(arguments: ["none", "auto", "2x3", "16x16"])
    func `spelling survives a round trip`(text: String) {
        #expect(Tiling(text)?.description == text)
    }

    @Test(arguments: ["", "2", "x", "2x", "0x2", "17x1", "2x2x2", "-1x2", "AUTO"])
    func `other spellings are refused`(text: String) {
        #expect(Tiling(text) == nil)
    }

    @Test(arguments: [(1920, 1080), (6500, 1000), (848, 478), (320, 240), (100_000, 100_000)])
    func `auto keeps small players large enough, within a bound`(width: Int, height: Int) {
        let (rows, columns) = Tiling.auto.counts(
            frameWidth: width, frameHeight: height, inputWidth: 416, inputHeight: 416)
        #expect(rows * columns <= Tiling.mostTiles)
        if width <= 6500 {
            #expect(Tiling.pieces(of: width, count: columns)[0].count <= 521)
            #expect(Tiling.pieces(of: height, count: rows)[0].count <= 521)
        }
    }
}
