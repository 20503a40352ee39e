import PluginWire
import Testing

@testable import PluginKit

/// Every message of docs/plugin-protocol.md, as PluginKit understands and sends it.
@Suite struct PluginSessionTests {
    @Test func `a whole conversation goes as the protocol's page shows it`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        let handshake = try gantry.handshake()
        #expect(handshake.version == 1 && handshake.speaker.hasPrefix("swift/"))
        try gantry.load()
        let loaded = try gantry.receive()
        #expect(loaded["type"] == "loaded" && loaded["tools"]?.asArray?.count == 8)
        try gantry.send("validate")
        #expect(try gantry.receive() == ["type": "validated", "ok": true])
        #expect(
            try gantry.call("arguments", ["needed": true], id: 7) == [
                "type": "result", "id": 7,
                "value": ["confidence": 0.25, "names": nil, "count": 3, "colour": "red", "needed": true],
            ])
        try gantry.finish()
    }

    @Test func `a tool is listed with the schema of its arguments`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        let tools = try gantry.start()
        #expect(
            tools["arguments"] == [
                "name": "arguments", "description": "Gives back its arguments.", "takes": [],
                "output_schema": ["type": "object"],
                "input_schema": [
                    "type": "object", "additionalProperties": false, "required": ["needed"],
                    "properties": [
                        "confidence": [
                            "type": "number", "description": "From which on.", "default": 0.25, "minimum": 0,
                            "maximum": 1,
                        ],
                        "names": ["type": ["array", "null"]],
                        "count": ["type": "integer", "default": 3, "minimum": 1, "maximum": 10],
                        "colour": ["type": "string", "default": "red", "enum": ["red", "blue"]],
                        "needed": ["type": "boolean"],
                    ],
                ],
            ])
        #expect(tools["corner"]?["takes"] == ["frame"] && tools["corner"]?["output_schema"] == .null)
        try gantry.finish()
    }

    private static let misfits: [([String: WireValue], String, String)] = [
        (["needed": 1], "TypeError", "needed must be of type boolean, not integer"),
        ([:], "TypeError", "the argument needed is missing"),
        (["needed": true, "confidence": 2], "ValueError", "confidence is 2.0; it lies between 0.0 and 1.0"),
        (["needed": true, "count": 2.5], "TypeError", "count must be of type integer, not number"),
        (["needed": true, "count": 11], "ValueError", "count is 11; it lies between 1 and 10"),
        (["needed": true, "colour": "green"], "ValueError", "colour must be one of: red, blue"),
        (["needed": true, "names": [1]], "TypeError", "names cannot be array"),
        (
            ["needed": true, "conf": 1], "TypeError",
            "arguments has no argument conf. It has: confidence, names, count, colour, needed"
        ),
    ]

    @Test(arguments: PluginSessionTests.misfits)
    func `arguments that do not fit are refused before the tool runs`(
        arguments: [String: WireValue], type: String, message: String
    ) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        let answer = try gantry.call("arguments", arguments)
        #expect(answer["error_type"]?.asString == type && answer["message"]?.asString == message, "\(answer)")
        // The worker lives.
        #expect(try gantry.call("arguments", ["needed": false, "names": ["a"], "count": 2.0])["type"] == "result")
        try gantry.finish()
    }

    @Test func `a picture is seen where it lies`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        // 3x2 pixels, rows 16 bytes apart, 100 bytes into the memory.
        let place = FrameDescription(offset: 100, width: 3, height: 2, stride: 16)
        gantry.fill(place) { index in UInt8(index) }
        let answer = try gantry.call("corner", frame: place.wireValue)
        #expect(
            answer["value"] == ["first": [0, 1, 2], "last": [22, 23, 24], "packed": 18, "size": [3, 2]], "\(answer)")
        try gantry.finish()
    }

    @Test(arguments: [
        FrameDescription(offset: 65_530, width: 3, height: 1), FrameDescription(offset: -1, width: 1, height: 1),
        FrameDescription(width: 100, height: 300), FrameDescription(width: 2, height: 2, stride: 5),
        FrameDescription(width: 0, height: 1), FrameDescription(width: 1, height: -1),
        FrameDescription(offset: .max, width: 1, height: 1), FrameDescription(width: .max, height: .max, stride: .max),
        FrameDescription(width: 1, height: .max, stride: .max),
    ])
    func `a picture that does not lie in the memory is refused, and the worker lives`(place: FrameDescription) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        let wire: WireValue = [
            "offset": .integer(Int64(place.offset)), "width": .integer(Int64(place.width)),
            "height": .integer(Int64(place.height)), "stride": .integer(Int64(place.stride)), "format": "rgb8",
        ]
        let answer = try gantry.call("corner", frame: wire)
        #expect(answer["type"] == "error" && answer["error_type"] == "ValueError", "\(answer)")
        #expect(try gantry.call("corner", id: 2)["message"] == "the tool needs a picture, and the call has none")
        try gantry.finish()
    }

    @Test func `image bytes come as the blob`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        let picture = [UInt8](repeating: 7, count: 300_000)
        #expect(try gantry.call("bytes", blob: picture)["value"] == 300_000)
        try gantry.finish()
    }

    @Test func `progress arrives, and a cancel ends the call but not the worker`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        let progress = try gantry.call("untilCancelled", id: 3)
        #expect(progress == ["type": "progress", "id": 3, "fraction": 0.5, "message": "half"])
        try gantry.send("cancel", ["id": 2])  // an older call's: not this one
        try gantry.send("cancel", ["id": 3])
        var answer = try gantry.receive()
        while answer["type"] == "progress" { answer = try gantry.receive() }
        #expect(answer["type"] == "error" && answer["id"] == 3 && answer["error_type"] == "Cancelled")
        try gantry.send("cancel", ["id": 3])  // too late: ignored

        _ = try gantry.call("noticesCancel", id: 4)
        try gantry.send("cancel", ["id": 4])
        #expect(try gantry.receive()["value"] == "tidied up")
        try gantry.finish()
    }

    @Test func `a shutdown during a call is heeded after it`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        _ = try gantry.call("noticesCancel", id: 1)
        try gantry.send("shutdown")
        try gantry.send("cancel", ["id": 1])
        #expect(try gantry.receive()["value"] == "tidied up")
        #expect(gantry.exitStatus() == 0)
    }

    @Test func `what a tool throws reaches the caller with its type`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        #expect(
            try gantry.call("fails") == [
                "type": "error", "id": 1, "error_type": "ValueError", "message": "a bad frame",
            ])
        let odd = try gantry.call("failsOddly", id: 2)
        #expect(odd["error_type"] == "OddError" && odd["message"] == "odd things happen")
        #expect(try gantry.call("nonsense", id: 3)["error_type"] == "LookupError")
        try gantry.finish()
    }

    @Test(arguments: [
        ("NaN", "result.boxes[1].score is NaN"), ("infinity", "result[0] is infinite"),
        ("deep", "nested more than 63 levels deep"),
        ("huge", "result is 17.0 MiB as JSON; at most 16 MiB can be handed on"),
    ])
    func `a result that cannot be handed on is an error that says where`(what: String, says: String) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        let answer = try gantry.call("returns", ["what": .string(what)])
        let message = try #require(answer["message"]?.asString)
        #expect(answer["error_type"] == "ValueError" && message.hasSuffix(says), "\(message)")
        #expect(try gantry.call("returns", ["what": "float"], id: 2)["value"] == 0.1)
        try gantry.finish()
    }

    @Test(arguments: ["deepest", "large"])
    func `a result just within the limits arrives`(what: String) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        try gantry.start()
        #expect(try gantry.call("returns", ["what": .string(what)])["type"] == "result")
        try gantry.finish()
    }

    @Test(arguments: [
        ("no model", "RuntimeError", "Model file not found: m.onnx. Download it and place it there."),
        ("odd", "OddError", "odd things happen"), ("no tools", "ValueError", "the plugin has no tools"),
        ("bad name", "ValueError", "a tool cannot be called \"a/b\": 1 to 64 of A-Z a-z 0-9 _ -"),
        ("twice", "ValueError", "two tools are called \"a\""),
    ])
    func `a plugin that cannot be set up says why and exits`(mode: String, type: String, message: String) throws {
        let gantry = try GantrySide(SamplePlugin.self)
        _ = try gantry.handshake()
        try gantry.load(manifest: ["mode": .string(mode)])
        #expect(
            try gantry.receive() == [
                "type": "load_failed", "stage": "construct", "error_type": .string(type), "message": .string(message),
            ])
        #expect(gantry.exitStatus() == 1)
    }

    @Test func `a plugin that finds itself unfit says why`() throws {
        let gantry = try GantrySide(SamplePlugin.self)
        _ = try gantry.handshake()
        try gantry.load(manifest: ["mode": "invalid"])
        _ = try gantry.receive()
        try gantry.send("validate")
        #expect(
            try gantry.receive() == [
                "type": "validated", "ok": false, "error_type": "RuntimeError", "message": "answers nonsense",
            ])
        try gantry.finish()
    }
}
