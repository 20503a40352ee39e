import PluginWire

/// The picture of a call as its worker gets it.
struct CallPicture: Sendable {
    /// Where it lies in the frame memory; nil where the tool gets no pixels.
    var frame: FrameDescription?
    /// The encoded picture; empty where the tool does not want it.
    var blob: [UInt8] = []
    private var source: Source = .nothing

    private enum Source: Sendable {
        case nothing
        case bytes([UInt8])
        case writer(@Sendable (inout MutableRawSpan) -> Void)
    }

    init() {}

    mutating func setPixels(_ frame: RGBFrame) {
        self.frame = FrameDescription(width: frame.width, height: frame.height)
        source = .bytes(frame.bytes)
    }

    mutating func setPixels(width: Int, height: Int, _ write: @escaping @Sendable (inout MutableRawSpan) -> Void) {
        frame = FrameDescription(width: width, height: height)
        source = .writer(write)
    }

    /// The frame fits: it was checked before.
    func write(to memory: FrameMemory) {
        guard let frame else { return }
        _ = unsafe memory.write(frame) { room in
            switch source {
            case .nothing: break
            case .bytes(let bytes): unsafe room.copyBytes(from: bytes)
            case .writer(let write):
                var span = unsafe MutableRawSpan(_unsafeBytes: room)
                write(&span)
            }
        }
    }

    /// The picture as a portable pixmap: for tools that want an encoded picture where there are only pixels.
    static func pixmap(_ frame: RGBFrame) -> [UInt8] {
        Array("P6\n\(frame.width) \(frame.height)\n255\n".utf8) + frame.bytes
    }
}
