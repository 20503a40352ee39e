import CLibAV
import Model

/// A picture file decoded, upright as the camera noted: rows of red, green and blue bytes without padding. Transparency
/// is dropped.
package struct StillPicture: Hashable, Sendable {
    package let width: Int
    package let height: Int
    /// `3 * width * height` bytes.
    package let rgb8: [UInt8]

    /// Bytes of a file.
    package static let largestFile = 64 << 20
    /// Pixels of a picture: what 128 MiB hold as rgb8.
    package static let mostPixels = (128 << 20) / 3

    /// Decodes a JPEG or PNG file that lies in memory.
    ///
    /// - Throws: `unsupported` for other formats and for pictures that are too large, before anything is decoded;
    ///   `invalidData` for whatever is damaged, a file that ends too early included.
    package init(decoding file: [UInt8]) throws(MediaFailure) {
        guard file.count <= Self.largestFile else {
            throw MediaFailure(
                code: .unsupported,
                message: "the picture's file has \(file.count) bytes; at most \(Self.largestFile) are decoded",
                hint: "Scale it down")
        }
        let header = try StillPictureHeader(file)
        guard header.width <= Self.mostPixels / header.height else {
            throw MediaFailure(
                code: .unsupported,
                message: "the picture has \(header.width)x\(header.height) pixels; at most \(Self.mostPixels) are "
                    + "decoded",
                hint: "Scale it down")
        }
        try Libav.load()
        Libav.forgetLog()
        var decoded: OpaquePointer?
        let kind: gav_still = header.kind == .png ? GAV_PNG : GAV_JPEG
        // The shim copies the bytes.
        let error = unsafe file.withUnsafeBufferPointer { bytes in
            unsafe gav_still_decode(&decoded, bytes.baseAddress, header.length, kind, Int64(Self.mostPixels))
        }
        guard error >= 0, let decoded = unsafe decoded else {
            throw MediaFailure(libav: error, doing: "the picture is damaged", subject: nil)
        }
        defer { unsafe gav_frame_free(decoded) }
        var info = gav_frame_info()
        unsafe gav_frame_describe(decoded, &info)
        guard Int(info.width) == header.width, Int(info.height) == header.height else {
            throw MediaFailure(
                code: .invalidData,
                message: "the picture is damaged: \(info.width)x\(info.height) pixels where its header says "
                    + "\(header.width)x\(header.height)")
        }
        let count = 3 * header.width * header.height
        var conversion: Int32 = 0
        let coded = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // The shim writes `height` rows of `3 * width` bytes, or fails; all of the buffer then counts as written.
            unsafe buffer.initialize(repeating: 0)
            conversion = unsafe gav_frame_to_rgb(decoded, buffer.baseAddress)
            filled = count
        }
        guard conversion >= 0 else {
            throw MediaFailure(libav: conversion, doing: "cannot convert the picture", subject: nil)
        }
        let isTurned = header.orientation >= ExifOrientation.firstTurned
        (width, height) = isTurned ? (header.height, header.width) : (header.width, header.height)
        guard header.orientation != ExifOrientation.upright else {
            rgb8 = coded
            return
        }
        rgb8 = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            // Both hold 3 * width * height bytes; the shim reads and writes each of them once.
            unsafe coded.withUnsafeBufferPointer { from in
                unsafe gav_orient_rgb(
                    from.baseAddress, buffer.baseAddress, Int32(header.width), Int32(header.height),
                    Int32(header.orientation))
            }
            filled = count
        }
    }
}
