import PluginKit
import Sharpness

@main struct Program {
    static func main() { PluginProcess.run(SharpnessPlugin.self) }
}
