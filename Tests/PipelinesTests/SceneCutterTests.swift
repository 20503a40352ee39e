import Media
import Testing

@testable import Pipelines

/// The search for cuts, on pictures made of numbers.
@Suite struct SceneCutterTests {
    /// A picture of one hue whose brightness rises from left to right, `level` in the middle.
    private static func picture(_ level: Int, hue: Int = 0, saturation: Int = 0) -> ScenePicture {
        var planes = [UInt8](repeating: UInt8(hue), count: ScenePicture.width * ScenePicture.height)
        planes += [UInt8](repeating: UInt8(saturation), count: planes.count)
        for _ in 0..<ScenePicture.height {
            for x in 0..<ScenePicture.width { planes.append(UInt8(clamping: level + x - 32)) }
        }
        return ScenePicture(planes: planes)
    }

    /// One that is bright where the other is dark.
    private static func mirrored(_ picture: ScenePicture) -> ScenePicture {
        let third = picture.planes.count / 3
        return ScenePicture(planes: Array(picture.planes[..<(2 * third)]) + picture.planes[(2 * third)...].reversed())
    }

    private static func frames(_ pictures: [ScenePicture]) -> [SceneFrame] {
        var chunk = SceneChunk()
        chunk.frames = pictures.enumerated().map { index, picture in
            SceneFrame(
                frame: index, difference: index > 0 ? picture.difference(from: pictures[index - 1]) : nil,
                thumbnail: picture.thumbnail)
        }
        return chunk.frames
    }

    private static func cuts(
        _ pictures: [ScenePicture], method: SceneCutter.Method = .content, threshold: Float = 30
    ) -> [SceneCutter.Cut] {
        SceneCutter(method: method, threshold: threshold, frameRate: 25).cuts(in: frames(pictures))
    }

    private static func still(_ picture: ScenePicture, _ count: Int) -> [ScenePicture] {
        Array(repeating: picture, count: count)
    }

    @Test(arguments: [SceneCutter.Method.content, .adaptive(ratio: 3)])
    func aChangeOfPictureIsACut(method: SceneCutter.Method) {
        let pictures = Self.still(Self.picture(80), 30) + Self.still(Self.picture(170), 30)
        #expect(Self.cuts(pictures, method: method).map(\.position) == [30])
    }

    @Test func inGreyTheThresholdIsOfBrightnessAlone() {
        let pictures = Self.still(Self.picture(80), 30) + Self.still(Self.picture(115), 30)
        #expect(Self.cuts(pictures).map(\.score) == [35])
        #expect(Self.cuts(pictures, threshold: 36).isEmpty)
    }

    @Test func inColourAllThreeCount() {
        let pictures =
            Self.still(Self.picture(100, hue: 175, saturation: 100), 30)
            + Self.still(Self.picture(130, hue: 5, saturation: 160), 30)
        // Hue 10 the short way round, saturation 60, brightness 30.
        #expect(Self.cuts(pictures).map(\.score) == [(10 + 60 + 30) / Float(3)])
    }

    @Test(arguments: [1, 2, 5, 9]) func aFlashIsNoCut(length: Int) {
        let scene = Self.picture(80)
        #expect(
            Self.cuts(Self.still(scene, 40) + Self.still(Self.picture(220), length) + Self.still(scene, 40)).isEmpty)
    }

    @Test func aCutIntoAFlashIsOne() {
        let pictures =
            Self.still(Self.picture(80, hue: 20, saturation: 200), 40) + Self.still(Self.picture(220), 2)
            + Self.still(Self.mirrored(Self.picture(120, hue: 100, saturation: 120)), 40)
        #expect(Self.cuts(pictures).map(\.position).first == 40)
    }

    @Test func steadyFastChangeIsNoCut() {
        let pictures = (0..<60).map { Self.picture($0 % 2 == 0 ? 80 : 118) }
        #expect(Self.cuts(pictures).isEmpty)
    }

    @Test func aPassageThroughBlackIsOneCutWhereThePictureComesUp() {
        let out = stride(from: 100, through: 0, by: -8).map { Self.picture($0 - 31) }
        let up = stride(from: 0, through: 150, by: 10).map { Self.picture($0 - 31, hue: 90, saturation: 10) }
        let black = Self.still(ScenePicture(planes: [UInt8](repeating: 0, count: 3 * 64 * 36)), 15)
        let pictures = Self.still(Self.picture(70), 40) + out + black + up + Self.still(Self.picture(120), 40)
        let cuts = Self.cuts(pictures)
        #expect(cuts.map(\.kind) == [.fade])
        #expect((40 + out.count + 15...40 + out.count + 15 + up.count).contains(cuts.first?.position ?? 0))
    }

    @Test func aDissolveIsOneCutInItsMiddle() throws {
        let (a, b) = (Self.picture(100), Self.mirrored(Self.picture(100)))
        // Steeper, so that the pictures differ by more than their neighbours in a ramp do.
        func contrast(_ picture: ScenePicture) -> ScenePicture {
            ScenePicture(planes: picture.planes.enumerated().map { $0 < 2 * 64 * 36 ? $1 : $1 < 100 ? 30 : 200 })
        }
        let (first, second) = (contrast(a), contrast(b))
        let mixed = (1..<25).map { step in
            ScenePicture(
                planes: zip(first.planes, second.planes).map { UInt8((Int($0) * (25 - step) + Int($1) * step) / 25) })
        }
        let cuts = Self.cuts(Self.still(first, 50) + mixed + Self.still(second, 50))
        #expect(cuts.map(\.kind) == [.dissolve])
        #expect((56...68).contains(try #require(cuts.first).position))
    }

    @Test func aChangeOfLightIsNoDissolve() {
        let pictures =
            Self.still(Self.picture(60), 40) + (60..<180).map { Self.picture($0) } + Self.still(Self.picture(180), 40)
        #expect(Self.cuts(pictures).isEmpty)
    }

    @Test func nothingAndOnePictureHaveNoCut() {
        #expect(Self.cuts([]).isEmpty)
        #expect(Self.cuts([Self.picture(10)]).isEmpty)
    }

    @Test func aScannedChunkIsReadBackAsItWasAndDamageIsSeen() throws {
        var chunk = SceneChunk()
        chunk.frames = Self.frames([Self.picture(10), Self.picture(90, hue: 3, saturation: 9)])
        (chunk.first, chunk.last) = (Self.picture(10), Self.picture(90, hue: 3, saturation: 9))
        #expect(try SceneChunk(reading: chunk.bytes()) == chunk)
        #expect(try SceneChunk(reading: SceneChunk().bytes()) == SceneChunk())
        for count in [0, 3, 4, 100, chunk.bytes().count - 1] {
            #expect(throws: PipelineFailure.self) { try SceneChunk(reading: Array(chunk.bytes().prefix(count))) }
        }
    }
}
