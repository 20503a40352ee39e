extension ModelEntry {
    /// Reads and checks one item of the catalogue's `models`.
    init(_ item: CatalogueReader) throws(InferenceFailure) {
        try item.allow(
            "name", "title", "task", "licence", "format", "source", "files", "onnx", "input", "decoder", "classes",
            "score-threshold", "overlap-threshold", "start-score", "first-digit")
        name = try item.text("name")
        guard Self.isPlainName(name), !name.hasSuffix(".onnx"), !name.hasSuffix(".xml"), !name.hasSuffix(".pdmodel")
        else {
            throw item.failure("the name \(name) must be letters, digits, '.', '-' and '_', and no file's name")
        }
        title = try item.text("title", otherwise: name)
        task = try item.choice("task")
        licence = try item.text("licence")
        format = try item.choice("format")
        source = try Source(item.mapping("source"))
        let source = source
        files = try item.list("files").map { (file) throws(InferenceFailure) in try File(file, source: source) }
        guard files.count == (format == .onnx ? 1 : 2) else {
            throw item.failure("a model in \(format.rawValue) format has \(format == .onnx ? "one file" : "two files")")
        }
        onnx = item.has("onnx") ? try item.text("onnx") : nil
        input = try InputDescription(item.mapping("input"))
        switch task {
        case .detection:
            decoder = try item.choice("decoder")
            classes =
                switch try item.isText("classes") ? item.text("classes") : nil {
                case nil: try item.texts("classes")
                case "coco": ClassNames.coco
                case let other?: throw item.failure("classes is \(other), but must be a list of names or coco")
                }
        case .numberReading:
            firstDigit = try item.integer("first-digit", in: 1...1_000_000)
            classes = []
        }
        scoreThreshold = try item.number("score-threshold", in: 0...1, otherwise: 0.1)
        overlapThreshold = try item.number("overlap-threshold", in: 0...1, otherwise: 0.6)
        startScore = try item.number(
            "start-score", in: 0.01...0.99, otherwise: DetectorModel.usualStartScore)
    }

    /// Whether a name can be a folder's or a file's without leaving the store.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension ModelEntry.Source {
    fileprivate init(_ item: CatalogueReader) throws(InferenceFailure) {
        let kinds = ["wheel", "converted", "url", "local"].filter(item.has)
        guard kinds.count == 1 else {
            throw item.failure("must have exactly one of wheel, converted, url: files and local: files")
        }
        switch kinds[0] {
        case "wheel":
            try item.allow("wheel", "version", "sha256", "size")
            self = .wheel(
                package: try item.text("wheel"), version: try item.text("version"), sha256: try item.sha256("sha256"),
                size: item.has("size") ? try item.integer("size", in: 1...1_000_000_000_000) : nil)
        case "converted":
            try item.allow("converted", "tool", "version", "sha256", "opset")
            guard try item.text("tool") == "paddle2onnx" else {
                throw item.failure("the only tool known is paddle2onnx")
            }
            self = .converted(
                from: try item.text("converted"),
                tool: ModelEntry.Converter(
                    package: try item.text("tool"), version: try item.text("version"),
                    sha256: try item.texts("sha256"), opset: try item.integer("opset", in: 11...16)))
        default:
            try item.allow(kinds[0])
            guard try item.text(kinds[0]) == "files" else {
                throw item.failure("\(kinds[0]) must be `files`: every file says where it comes from")
            }
            self = kinds[0] == "url" ? .url : .local
        }
    }
}

extension ModelEntry.File {
    fileprivate init(_ item: CatalogueReader, source: ModelEntry.Source) throws(InferenceFailure) {
        name = try item.text("name")
        guard ModelEntry.isPlainName(name) else {
            throw item.failure("the name \(name) must be letters, digits, '.', '-' and '_'")
        }
        let key: String? =
            switch source {
            case .wheel: "member"
            case .url: "url"
            case .local: "path"
            case .converted: nil
            }
        if let key {
            try item.allow("name", key, "sha256", "size")
            origin = try item.text(key)
            if key == "url", !origin.hasPrefix("https://"), !origin.hasPrefix("http://") {
                throw item.failure("url must begin with https:// or http://")
            }
            if key == "path", !origin.hasPrefix("/") { throw item.failure("path must be absolute") }
        } else {
            try item.allow("name", "sha256", "size")
            origin = ""
        }
        sha256 = try item.sha256("sha256")
        size = item.has("size") ? try item.integer("size", in: 1...1_000_000_000_000) : nil
    }
}

extension InputDescription {
    fileprivate init(_ item: CatalogueReader) throws(InferenceFailure) {
        try item.allow("width", "height", "fit", "colour", "divisor", "mean", "deviation", "fill")
        self.init(
            width: try item.integer("width", in: 16...8192), height: try item.integer("height", in: 16...8192),
            colour: try item.choice("colour", otherwise: .rgb), fit: try item.choice("fit", otherwise: .letterbox),
            divisor: try item.number("divisor", in: 1e-6...1e6, otherwise: 255),
            mean: try item.numbers("mean", count: 3, otherwise: [0, 0, 0]),
            deviation: try item.numbers("deviation", count: 3, otherwise: [1, 1, 1]),
            fill: UInt8(try item.integer("fill", in: 0...255, otherwise: 114)))
        guard deviation.allSatisfy({ $0 > 0 }) else { throw item.failure("deviation must be positive") }
    }
}
