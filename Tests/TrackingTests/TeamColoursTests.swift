import Model
import Testing

@testable import Tracking

struct TeamColoursTests {
    private func colour(_ text: String) throws -> OKLab { try #require(OKLab(hexadecimal: text)) }

    /// `count` tracks, each of some looks at a shirt under more and less light.
    private func tracks(_ text: String, _ count: Int, looks: Int = 6) throws -> [[TorsoColours]] {
        let shirt = try colour(text)
        return (0..<count).map { track in
            (0..<looks).map { look in
                var seen = shirt
                let light = 0.8 + 0.05 * Double((3 * track + look) % 7)
                seen.lightness *= light
                seen.a *= light
                seen.b *= light
                return TorsoColours(parts: [.init(colour: seen, share: 0.7)])
            }
        }
    }

    private func posterior(_ colours: TeamColours, _ text: String) throws -> [Double]? {
        colours.observation(of: TorsoColours(parts: [.init(colour: try colour(text), share: 0.8)]))?.probabilities
    }

    @Test(arguments: ["#203524", "#ffffff", "#000000", "#c81e2b", "#7f7f7f"])
    func `a colour goes to OKLab and back`(text: String) throws {
        #expect(try colour(text).hexadecimal == text)
    }

    @Test(arguments: ["203524", "#20352", "#20352g", "#2035240", "", "#+12345", "green"])
    func `what is no colour is refused`(text: String) { #expect(OKLab(hexadecimal: text) == nil) }

    @Test func `the hint chooses among the colours that are there`() throws {
        let seen = try tracks("#8c1f2e", 9) + tracks("#e8e8ec", 11) + tracks("#2fa8e0", 1)
        let colours = TeamColours(tracks: seen, hint: try colour("#a02030"), opponentHint: nil, tolerance: 0.215)
        #expect(colours.state == .decided)
        let own = try #require(try posterior(colours, "#7a1c28"))
        #expect(own[0] > 0.8 && own[1] < 0.05)
        let other = try #require(try posterior(colours, "#d0d0d4"))
        #expect(other[1] > 0.8 && other[0] < 0.05)
        let referee = try #require(try posterior(colours, "#2fa8e0"))
        #expect(referee[0] + referee[1] < 0.3)
    }

    @Test func `a colour that nobody wears is said not to be seen, with those that are`() throws {
        let seen = try tracks("#8c1f2e", 9) + tracks("#e8e8ec", 11)
        let colours = TeamColours(tracks: seen, hint: try colour("#1040d0"), opponentHint: nil, tolerance: 0.215)
        #expect(colours.state == .notSeen && colours.groups.count == 2)
        #expect(try posterior(colours, "#8c1f2e") == nil)
    }

    @Test(
        arguments: [
            ("#c02020", "#7d5b46", true), ("#c02020", "#5a2020", true), ("#c02020", "#a05030", true),
            ("#2040a0", "#101a40", true), ("#2040a0", "#607090", true), ("#ffff00", "#a09040", true),
            ("#00a000", "#203524", true), ("#ffffff", "#b0b0b8", true), ("#101010", "#303038", true),
            ("#c02020", "#203524", false), ("#c02020", "#e8e8ec", false), ("#c02020", "#2040a0", false),
            ("#c02020", "#d8a020", false), ("#d01090", "#7d5b46", false), ("#2040a0", "#7d5b46", false),
            ("#2040a0", "#203524", false), ("#ffffff", "#808088", false), ("#e8e8ec", "#c02020", false),
        ])
    func `a hint means a shirt of its hue in worse light, and no other colour`(
        hint: String, worn: String, isMeant: Bool
    ) throws {
        let distance = JerseyDistance.between(hint: try colour(hint), try colour(worn))
        #expect((distance <= 95.0 / 441) == isMeant, "\(distance)")
        #expect(distance <= JerseyDistance.between(try colour(hint), try colour(worn)))
    }

    @Test func `of two colours that a hint may mean the nearer is chosen`() throws {
        let seen = try tracks("#7d5b46", 8) + tracks("#a81828", 8) + tracks("#e8e8ec", 8)
        let colours = TeamColours(tracks: seen, hint: try colour("#c02020"), opponentHint: nil, tolerance: 0.215)
        let own = try #require(colours.own)
        #expect(try JerseyDistance.between(own, colour("#a81828")) < JerseyDistance.between(own, colour("#7d5b46")))
    }

    @Test func `a grey video cannot be asked for a colour, but for black and white`() throws {
        let seen = try tracks("#202020", 5) + tracks("#e0e0e0", 5)
        let red = TeamColours(tracks: seen, hint: try colour("#c02020"), opponentHint: nil, tolerance: 0.215)
        #expect(red.state == .grey)
        let black = TeamColours(tracks: seen, hint: try colour("#101010"), opponentHint: nil, tolerance: 0.215)
        #expect(black.state == .decided)
    }

    @Test func `teams of one colour are undecided`() throws {
        let colours = TeamColours(
            tracks: try tracks("#203524", 8), hint: nil, opponentHint: nil, tolerance: 0.215)
        #expect(colours.state == .undecided)
        #expect(try posterior(colours, "#203524") == nil)
    }

    @Test func `nobody is nobody`() {
        #expect(TeamColours(tracks: [], hint: nil, opponentHint: nil, tolerance: 0.2).state == .nobody)
    }

    @Test func `what is beside a person is not the person's, and skin is no shirt`() throws {
        let (grass, red, skin) = (try colour("#4a8a2a"), try colour("#b01828"), try colour("#c68e6a"))
        let torso =
            [OKLab](repeating: grass, count: 50) + [OKLab](repeating: skin, count: 30)
            + [OKLab](repeating: red, count: 25)
        let look = TorsoColours(torso: torso, surroundings: [OKLab](repeating: grass, count: 60))
        #expect(!look.parts.contains { JerseyDistance.between($0.colour, grass) < 0.05 })
        let shirt = try #require(TeamColours.shirt(of: [look], sought: nil))
        #expect(JerseyDistance.between(shirt, red) < 0.02)
    }

    @Test func `a shirt of the grass's colour is still a shirt`() throws {
        let green = try colour("#4a8a2a")
        let look = TorsoColours(
            torso: [OKLab](repeating: green, count: 90) + [OKLab](repeating: try colour("#c68e6a"), count: 10),
            surroundings: [OKLab](repeating: green, count: 60))
        #expect(look.parts.first?.colour == green || look.parts.first.map { $0.share > 0.8 } == true)
    }
}
