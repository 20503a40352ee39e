import Glibc
import PluginKit

/// Every way that a native plugin can misbehave, one per tool, for tests of the host: the same tools as
/// `Tests/Plugins/chaos/plugin.py`, as far as they make sense without Python.
///
/// Where no guard stops it, it stops by itself: see `Bounds`.
///
/// At loading it behaves, unless the variable CHAOS_LOAD (the manifest's `environment`) names a mode.
struct Chaos: Plugin {
    private let mode = Surroundings.variable("CHAOS_LOAD")

    init(_ context: PluginContext) throws {
        switch mode {
        case "init_raises": throw ToolError(message: "the moon is in the wrong phase")
        case "init_raises_gpu":
            throw ToolError.unavailable("CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi.")
        case "init_raises_model":
            throw ToolError.unavailable("Model file not found: models/moon.pt. Download it and place it there.")
        case "init_exit": exit(5)
        case "init_segfault": Ending.segfault()
        case "init_slow": Waiting.sleep(seconds: Double(Surroundings.variable("CHAOS_SECONDS")) ?? 2)
        case "init_hangs": Waiting.sleep(seconds: 3600)
        default: break
        }
    }

    func validate() throws {
        switch mode {
        case "validate_raises": throw ToolError(message: "the model answers nonsense")
        case "validate_hangs": Waiting.sleep(seconds: 3600)
        case "validate_segfault": Ending.segfault()
        default: break
        }
    }

    var tools: [Tool] {
        if mode == "no_tools" { return [] }
        return Behaving.tools + Ending.tools + Waiting.tools + Taking.tools + Escaping.tools + Lying.tools
            + Meddling.tools + Returning.tools
    }
}

/// What the program sees of the world.
enum Surroundings {
    static func variable(_ name: String) -> String {
        // Nothing in this program changes the environment.
        unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
    }
}

@main struct Program {
    static func main() {
        switch Surroundings.variable("CHAOS_LOAD") {
        case "import_os_exit": _exit(4)
        case "import_segfault": Ending.segfault()
        case "import_flood": Taking.flood(seconds: 2)
        default: break
        }
        PluginProcess.run(Chaos.self)
    }
}
