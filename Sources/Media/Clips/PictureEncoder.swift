import CLibAV
import Model

/// An encoder at work on one run of pictures, the first of which is a keyframe.
@safe final class PictureEncoder {
    private let handle: OpaquePointer
    /// Numbers to put into every unit; `nil` to leave them as they come.
    private let numbers: SetNumbers?
    let sets: ParameterSets?
    /// As the encoder has them.
    let headers: [UInt8]

    /// - Parameter picture: like those that will come.
    init(
        _ coding: ClipCoding, source: VideoSource, like picture: OpaquePointer, interlaced: Int32
    ) throws(MediaFailure) {
        var info = gav_frame_info()
        unsafe gav_frame_describe(picture, &info)
        var settings = coding.settings(
            source, width: Int(info.width), height: Int(info.height), interlaced: interlaced)
        var encoder: OpaquePointer?
        let error = unsafe gav_encoder_open(&encoder, coding.encoder, coding.options, &settings, picture)
        guard error >= 0, let encoder = unsafe encoder else {
            throw MediaFailure(
                code: .unsupported, message: "\(coding.encoder) could not be started: \(Libav.text(of: error))",
                subject: source.path)
        }
        unsafe handle = encoder
        var count = 0
        let bytes = unsafe gav_encoder_headers(encoder, &count)
        headers = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count))
        let numbers = coding.codec == "hevc" ? coding.joint?.numbers : nil
        self.numbers = numbers
        guard let joint = coding.joint else {
            sets = nil
            return
        }
        var sets = ParameterSets(codec: joint.units.codec)
        let own = CodedUnits(codec: joint.units.codec, headers: headers).parameterSets(inHeaders: headers)
        let known = own.allSatisfy { unit in
            (numbers.map { $0.renumbered(unit) } ?? unit).map { sets.add($0) } ?? false
        }
        guard known, sets.first(.sequence) != nil, sets.first(.picture) != nil else {
            throw MediaFailure(
                code: .unsupported, message: "\(coding.encoder) made parameter sets that cannot be read",
                subject: source.path)
        }
        self.sets = sets
    }

    deinit { unsafe gav_encoder_close(handle) }

    /// Sends a picture, or the end, and hands what is ready to `write`: bytes, time, whether it is a keyframe.
    func send(
        _ picture: OpaquePointer?, time: Int64,
        write: ([UInt8], Int64, Bool) throws(MediaFailure) -> Void
    ) throws(MediaFailure) {
        let error = unsafe gav_encoder_send(handle, picture, time)
        guard error >= 0 else { throw failure(error) }
        while true {
            var coded = unsafe gav_coded()
            let error = unsafe gav_encoder_receive(handle, &coded)
            if error == Libav.again || error == Libav.end { return }
            guard error >= 0 else { throw failure(error) }
            let bytes = unsafe [UInt8](UnsafeBufferPointer(start: coded.bytes, count: coded.count))
            let (time, isKey) = unsafe (coded.pts, coded.key != 0)
            guard let numbers else {
                try write(bytes, time, isKey)
                continue
            }
            try write(try Self.renumbered(bytes, numbers), time, isKey)
        }
    }

    private static func renumbered(_ bytes: [UInt8], _ numbers: SetNumbers) throws(MediaFailure) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 64)
        for place in unsafe bytes.withUnsafeBytes({ unsafe CodedUnits.marked($0) }) {
            guard let unit = numbers.renumbered([UInt8](bytes[place])) else {
                throw MediaFailure(code: .internalError, message: "the encoder made units that cannot be read")
            }
            result += [0, 0, 0, 1]
            result += unit
        }
        return result
    }

    private func failure(_ error: Int32) -> MediaFailure {
        MediaFailure(libav: error, doing: "cannot encode", subject: nil)
    }
}
