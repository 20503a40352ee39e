import CLibAV
import Model

/// An open container: its streams, and its packets one by one.
@safe final class Demuxer {
    /// The most pixels a picture may have: 16384 x 8192.
    static let maxPixels: Int64 = 1 << 27
    /// Bytes that are read at most to learn of the streams what the header does not say.
    static let probeBytes: Int64 = 5 << 20

    let file: MediaFile
    let interrupt: Interrupt
    let handle: OpaquePointer

    init(file: MediaFile, interrupt: Interrupt, probeBytes: Int64 = Demuxer.probeBytes) throws(MediaFailure) {
        try Libav.load()
        Libav.forgetLog()
        try ContainerPolicy.refusePlaylists(file)
        var name: UnsafePointer<CChar>?
        let recognised = unsafe gav_input_recognise(file.descriptor, interrupt.handle, &name)
        guard recognised >= 0, let name = unsafe name else {
            if recognised == Libav.cancelled || recognised == Libav.deadline {
                throw MediaFailure(libav: recognised, doing: "cannot read the file", subject: file.path)
            }
            throw MediaFailure(
                code: .invalidData, message: "is not a video file that Gantry knows, or is damaged at its start",
                subject: file.path, hint: "Check that it plays in a video player")
        }
        try ContainerPolicy.admit(unsafe String(cString: name), file: file)
        var input: OpaquePointer?
        let error = unsafe gav_input_open(
            &input, file.descriptor, String(cString: name), ContainerPolicy.codecs.joined(separator: ","),
            probeBytes, Self.maxPixels, interrupt.handle)
        guard error >= 0, let input = unsafe input else {
            throw MediaFailure(libav: error, doing: "cannot open the container", subject: file.path)
        }
        self.file = file
        self.interrupt = interrupt
        unsafe handle = input
    }

    deinit { unsafe gav_input_close(handle) }

    /// libav's short name of the container.
    var format: String { unsafe String(cString: gav_input_format(handle)) }

    /// How long it lasts, as the header says or libav guesses; nil where neither does.
    var seconds: Double? {
        let duration = unsafe gav_input_duration(handle)
        return duration > 0 ? Double(duration) / 1_000_000 : nil
    }

    var streams: [gav_stream] {
        let count = unsafe gav_input_stream_count(handle)
        return (0..<count).map { index in
            var stream = gav_stream()
            unsafe gav_input_stream(handle, index, &stream)
            return stream
        }
    }

    /// The stream's language tag, where it has one.
    func language(of stream: Int) -> String? {
        guard let tag = unsafe gav_input_language(handle, Int32(stream)) else { return nil }
        return unsafe String(cString: tag)
    }

    /// Skips every stream but those given.
    func select(_ streams: Int...) {
        unsafe gav_input_select(handle, -1)
        for stream in streams { unsafe gav_input_select(handle, Int32(stream)) }
    }

    /// The next packet of `stream`, current until the next read; `nil` at the end.
    func read(stream: Int) throws(MediaFailure) -> gav_packet? {
        var packet = gav_packet()
        repeat {
            let error = unsafe gav_input_read(handle, &packet)
            if error == Libav.end { return nil }
            guard error >= 0 else {
                throw MediaFailure(libav: error, doing: "cannot read on", subject: file.path)
            }
        } while packet.stream != Int32(stream)
        return packet
    }

    func seek(stream: Int, time: Int64) -> Bool {
        unsafe gav_input_seek(handle, Int32(stream), time) >= 0
    }

    /// Whether decoding may begin at the current packet.
    var startsClean: Bool { unsafe gav_input_starts_clean(handle) != 0 }

    /// Whether a copy of the stream's packets may begin at the current one.
    var resets: Bool { unsafe gav_input_resets(handle) != 0 }

    /// Hands the current packet's bytes to `body`.
    func withPacketBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        var count = 0
        let bytes = unsafe gav_input_bytes(handle, &count)
        return try unsafe body(UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
    }

    /// The codec's headers as the container has them.
    func headers(of stream: Int) -> [UInt8] {
        var count = 0
        guard let bytes = unsafe gav_input_headers(handle, Int32(stream), &count) else { return [] }
        return unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    }

    /// The time code of the first picture, where the container has one.
    func timecode(of stream: Int) -> String? {
        guard let text = unsafe gav_input_timecode(handle, Int32(stream)) else { return nil }
        return unsafe String(cString: text)
    }

    func setPacketDuration(_ duration: Int64) { unsafe gav_input_set_packet_duration(handle, duration) }

    func setPacketTime(_ pts: Int64) { unsafe gav_input_set_packet_time(handle, pts) }
}
