import Foundation

/// A rendered game with the truth about it: see `Tests/python/synthetic_game.py`.
package struct SyntheticGame {
    package struct Player: Decodable, Sendable {
        /// 0 home, 1 away, 2 the referee.
        package var team: Int
        package var number: Int?
    }

    private struct Truth: Decodable {
        var fps: Double
        var cuts: [Int]
        var players: [Player]
        var frames: [[Seen]]
    }

    /// `[player, x, y, width, height, share that is to be seen, facing]`.
    private struct Seen: Decodable {
        var player: Int
        var share: Double

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            player = try values.decode(Int.self)
            for _ in 0..<4 { _ = try values.decode(Int.self) }
            share = try values.decode(Double.self)
            _ = try values.decode(String.self)
        }
    }

    package let video: String
    private let truth: Truth

    /// Renders one into `folder`.
    package init(in folder: URL, name: String = "game", _ arguments: [String]) throws {
        video = folder.appendingPathComponent("\(name).mp4").path
        let file = folder.appendingPathComponent("\(name).json")
        _ = try PythonScript.output(of: "synthetic_game.py", [video, file.path] + arguments)
        truth = try JSONDecoder().decode(Truth.self, from: Data(contentsOf: file))
    }

    package var players: [Player] { truth.players }
    package var frameCount: Int { truth.frames.count }
    package var frameRate: Double { truth.fps }

    /// Whether a third of a player's body at least is to be seen, frame by frame.
    package func isVisible(team: Int, number: Int) -> [Bool] {
        let player = truth.players.firstIndex { $0.team == team && $0.number == number }
        return truth.frames.map { frame in frame.contains { $0.player == player && $0.share >= 1.0 / 3 } }
    }
}
