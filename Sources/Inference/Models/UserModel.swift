import FileSafety
import Yams

/// A model file that the user brought, described from what its format and metadata tell.
enum UserModel {
    /// Endings that make a name a path rather than an entry of the catalogue.
    static func isPath(_ name: String) -> Bool {
        [".onnx", ".xml", ".pdmodel"].contains(where: name.hasSuffix)
    }

    /// Files of a model are read into memory for a first look; none that is sensible is larger.
    private static let largest = 4 << 30

    /// - Throws: `modelUnavailable` where the file or its weights are missing, `modelDamaged` where it is not whole.
    static func describe(path: String) throws(InferenceFailure) -> DetectorModel {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if path.hasSuffix(".onnx") { return try onnx(path: path, name: name) }
        let isPaddle = path.hasSuffix(".pdmodel")
        let weights = String(path.dropLast(isPaddle ? 8 : 4)) + (isPaddle ? ".pdiparams" : ".bin")
        let digests = [try digest(path), try digest(weights)]
        let files = ModelFiles(format: isPaddle ? .paddle : .openvinoIR, path: path, weights: weights)
        // PaddleDetection's exports are fed as the built-in PicoDet is; OpenVINO's are taken for YOLO.
        let input =
            isPaddle
            ? InputDescription(
                width: 416, height: 416, fit: .stretch, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
            : InputDescription(width: 640, height: 640)
        return DetectorModel(
            name: name, files: files, sha256: try ModelStore.combinedDigest(digests), isVerified: false, input: input,
            decoder: isPaddle ? .paddleNMS : .yolo, classes: isPaddle ? ClassNames.coco : [], scoreThreshold: 0.1,
            overlapThreshold: 0.6)
    }

    private static func onnx(path: String, name: String) throws(InferenceFailure) -> DetectorModel {
        let sha256 = try digest(path)
        let bytes: [UInt8]
        do { bytes = try FileContents.read(path, limit: largest) } catch { throw unavailable(error, path) }
        let metadata = try ONNXFile(bytes, path: path).metadata
        if let task = metadata["task"], task != "detect" {
            throw InferenceFailure(
                code: .unsupported, message: "is a model for the task \(task), not for detection", subject: path)
        }
        let size = imageSize(metadata["imgsz"])
        return DetectorModel(
            name: name, files: ModelFiles(format: .onnx, path: path), sha256: sha256, isVerified: false,
            input: InputDescription(width: size.width, height: size.height), decoder: .yolo,
            classes: try classNames(metadata["names"], path: path), scoreThreshold: 0.1, overlapThreshold: 0.6)
    }

    private static func digest(_ path: String) throws(InferenceFailure) -> String {
        do { return try SHA256Digest.ofFile(path) } catch { throw unavailable(error, path) }
    }

    private static func unavailable(_ failure: FileSafetyFailure, _ path: String) -> InferenceFailure {
        InferenceFailure(
            code: failure.code == .notFound ? .modelUnavailable : failure.code, message: failure.message,
            subject: path, hint: failure.hint)
    }

    /// `names` as exporters write it: a Python dictionary `{0: 'person', 1: 'ball'}` or list, both of which are YAML.
    static func classNames(_ text: String?, path: String) throws(InferenceFailure) -> [String] {
        guard let text else { return [] }
        let damaged = InferenceFailure(
            code: .modelDamaged, message: "its metadata `names` is no list of class names", subject: path)
        let node: Node?
        do { node = try Yams.compose(yaml: text, .basic) } catch { throw damaged }
        if let items = node?.sequence { return items.compactMap { $0.scalar?.string } }
        guard let mapping = node?.mapping, mapping.count <= 100_000 else { throw damaged }
        var names: [Int: String] = [:]
        for (key, value) in mapping {
            guard let index = key.scalar.flatMap({ Int($0.string) }), let name = value.scalar?.string else {
                throw damaged
            }
            names[index] = name
        }
        let ordered = (0..<names.count).compactMap { names[$0] }
        guard ordered.count == names.count else { throw damaged }
        return ordered
    }

    /// `imgsz` as Ultralytics writes it: `[height, width]`. Only counts where the graph leaves the size open.
    private static func imageSize(_ text: String?) -> (width: Int, height: Int) {
        let numbers = (text ?? "").split { !$0.isNumber }.compactMap { Int($0) }.filter { (32...4096).contains($0) }
        guard let height = numbers.first, let width = numbers.last, numbers.count <= 2 else { return (640, 640) }
        return (width, height)
    }
}
