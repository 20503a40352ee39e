import CLibAV
import Model

/// A run of frames that is decoded and encoded anew.
@safe final class EncodedPiece {
    let frames: Range<Int>
    let encoder: PictureEncoder
    /// A picture like those that are encoded.
    var picture: OpaquePointer { unsafe canvas ?? first.handle }
    /// Frames that could not be decoded.
    var missing: Int { reader.damage.missingFrames }

    private let source: VideoSource
    private let reader: FrameReader
    private let first: VideoFrame
    private let firstFormat: Int32
    private let scaler = Scaler()
    /// 8-bit 4:2:0; `nil` where frames are encoded as they are.
    private let canvas: OpaquePointer?

    /// Decodes the first frame and starts the encoder. `nil` where no frame can be decoded.
    init?(
        _ frames: Range<Int>, source: VideoSource, coding: ClipCoding, threads: Int, interrupt: Interrupt
    ) throws(MediaFailure) {
        self.frames = frames
        self.source = source
        reader = try FrameReader(source, frames: frames, threads: threads, interrupt: interrupt)
        guard let first = try reader.next() else { return nil }
        self.first = first
        let info = first.description
        firstFormat = info.pixel_format
        var made: OpaquePointer?
        if coding.isConverted {
            let error = unsafe gav_canvas_new(&made, first.handle, info.width, info.height)
            guard error >= 0 else {
                throw MediaFailure(libav: error, doing: "cannot make a picture to encode", subject: nil)
            }
        }
        unsafe canvas = made
        do throws(MediaFailure) {
            encoder = try unsafe PictureEncoder(
                coding, source: source, like: made ?? first.handle, interlaced: info.interlaced)
        } catch {
            unsafe gav_frame_free(made)
            throw error
        }
    }

    deinit { unsafe gav_frame_free(canvas) }

    /// Encodes the frames.
    ///
    /// - Parameters:
    ///   - shift: ticks that frames are shown earlier in the file than in the source.
    ///   - done: called with each frame's rank.
    func run(
        shift: Int64, done: (Int) throws(MediaFailure) -> Void,
        write: ([UInt8], Int64, Bool) throws(MediaFailure) -> Void
    ) throws(MediaFailure) {
        var next: VideoFrame? = first
        while let frame = next {
            let time = frame.time.ticks - shift
            if let canvas = unsafe canvas {
                let info = first.description
                let error = unsafe gav_canvas_paint(
                    scaler.handle, canvas, frame.handle, 0, info.width, info.height)
                guard error >= 0 else {
                    throw MediaFailure(libav: error, doing: "cannot convert frame \(frame.index)", subject: nil)
                }
                try unsafe encoder.send(canvas, time: time, write: write)
            } else {
                let info = frame.description
                guard frame.codedWidth == first.codedWidth, frame.codedHeight == first.codedHeight,
                    info.pixel_format == firstFormat
                else {
                    throw MediaFailure(
                        code: .unsupported, message: "the picture's size or format changes", subject: source.path)
                }
                try unsafe encoder.send(frame.handle, time: time, write: write)
            }
            try done(frame.index)
            next = try reader.next()
        }
        try unsafe encoder.send(nil, time: 0, write: write)
    }
}

extension VideoFrame {
    var description: gav_frame_info {
        var info = gav_frame_info()
        unsafe gav_frame_describe(handle, &info)
        return info
    }
}
