import CLibAV
import Model

/// A run of frames whose packets are copied.
struct CopiedPiece {
    let source: VideoSource
    let frames: Range<Int>
    let places: Range<Int>
    let entry: VideoIndex.Entry
    let units: CodedUnits

    /// Something about the packets keeps them from being copied.
    struct Refusal: Error {
        var reason: String
    }

    /// The parameter sets that come with the first picture itself.
    func firstSets(interrupt: Interrupt) throws(MediaFailure) -> [[UInt8]] {
        let demuxer = try begin(interrupt: interrupt)
        return unsafe demuxer.withPacketBytes { bytes in
            unsafe (units.places(in: bytes) ?? []).map { unsafe [UInt8](bytes[$0]) }.filter {
                units.isParameterSet(units.type($0[0]))
            }
        }
    }

    private func begin(interrupt: Interrupt) throws(MediaFailure) -> Demuxer {
        let demuxer = try source.reopen(interrupt: interrupt)
        demuxer.select(source.facts.videoStream)
        return try EntrySeek.demuxer(demuxer, at: entry, of: source, interrupt: interrupt)
    }

    /// Hands each picture to `write`: bytes with start codes and without parameter sets, rank, whether it is a keyframe.
    ///
    /// - Parameters:
    ///   - sets: the file's; a picture that brings others cannot be copied.
    ///   - isFirst: nothing comes before it in the file.
    ///   - refuse: called before throwing where the packets are the reason.
    func run(
        sets: ParameterSets, isFirst: Bool, interrupt: Interrupt, refuse: (String) -> Void,
        write: ([UInt8], Int, Bool) throws(MediaFailure) -> Void
    ) throws(MediaFailure) {
        func refusal(_ reason: String) -> MediaFailure {
            refuse(reason)
            return MediaFailure(code: .invalidData, message: reason, subject: source.path)
        }
        let demuxer = try begin(interrupt: interrupt)
        var isKey = true
        var sets = sets
        for place in places {
            let rank = Int(source.index.codingOrder[place])
            if place > places.lowerBound {
                isKey = try advance(demuxer, to: source.index.ticks[rank], refusal: refusal)
            }
            // Pictures shown before the first lean on what is not in the file.
            guard rank >= frames.lowerBound else { continue }
            try interrupt.check(subject: source.path)
            let isJoint = place == places.lowerBound && !isFirst
            guard let bytes = picture(demuxer, resetting: isJoint, sets: &sets) else {
                throw refusal("the stream changes its parameter sets on the way")
            }
            try write(bytes, rank, isKey)
        }
    }

    /// Reads on to the packet shown at `time`; whether it is a keyframe.
    private func advance(
        _ demuxer: Demuxer, to time: Int64, refusal: (String) -> MediaFailure
    ) throws(MediaFailure) -> Bool {
        while let packet = try demuxer.read(stream: source.facts.videoStream) {
            guard packet.size > 0 else { continue }
            let found = PacketScan.presentationTime(of: packet, reorders: source.reorders)
            if found == time, packet.discard == 0 { return packet.key != 0 }
            // Left out when the file was indexed: shown before the first picture, and leaning on what came before it.
            if found != Libav.noTime, found < entry.pts { continue }
            break
        }
        throw refusal("the container hides pictures that others lean on")
    }

    /// The current packet's units; `nil` where they cannot be copied.
    private func picture(_ demuxer: Demuxer, resetting: Bool, sets: inout ParameterSets) -> [UInt8]? {
        unsafe demuxer.withPacketBytes { bytes in
            guard let places = unsafe units.places(in: bytes) else { return nil }
            var picture: [UInt8] = []
            picture.reserveCapacity(bytes.count + 64)
            for place in places {
                let header = unsafe bytes[place.lowerBound]
                let type = units.type(header)
                if units.isParameterSet(type) {
                    let count = sets.sets.count
                    guard unsafe sets.add([UInt8](bytes[place])), sets.sets.count == count else { return nil }
                    continue
                }
                picture += [0, 0, 0, 1]
                // A clean random access point that follows other pictures becomes a broken link without leading
                // pictures: the decoder starts anew there (H.265, 8.1.3).
                let becomesBrokenLink = resetting && units.codec == .hevc && type == 21
                picture.append(becomesBrokenLink ? header & 0x81 | 18 << 1 : header)
                unsafe picture.append(contentsOf: bytes[place.lowerBound + 1..<place.upperBound])
            }
            return picture
        }
    }
}
