import Model

/// Which containers and codecs are opened. Everything else is refused by name before libav's code for it runs: the
/// fewer parsers a stranger's file can reach, the better.
enum ContainerPolicy {
    /// libav's first short name of every container that is opened for its pictures.
    static let containers: Set<String> = [
        "mov", "matroska", "avi", "mpegts", "mpeg", "flv", "ogg", "asf", "mxf", "gxf", "nut", "wtv", "rm", "dv",
        "ivf", "obu", "h264", "hevc", "m4v", "mpegvideo", "vc1", "gif", "yuv4mpegpipe",
    ]

    /// Containers of sound alone, known so that the message can say so.
    private static let soundContainers: Set<String> = [
        "wav", "mp3", "flac", "aac", "ac3", "eac3", "aiff", "au", "amr", "caf", "w64", "ape", "wv", "tta", "dts", "mp2",
    ]

    /// Lists of other files: what they name could be anything, on this machine or elsewhere.
    private static let playlists: Set<String> = [
        "hls", "concat", "dash", "sdp", "rtsp", "rtp", "applehttp", "imf", "webm_dash_manifest",
    ]

    /// The decoders that may run: pictures, and the sound that an overlay may have to convert.
    static let codecs = [
        "h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "libaom-av1", "mpeg1video", "mpeg2video", "mpegvideo",
        "mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3", "vc1", "h261", "h263", "h263i", "h263p",
        "flv", "theora", "vp6", "vp6f", "mjpeg", "mjpegb", "prores", "dnxhd", "dvvideo", "cfhd", "ffv1", "huffyuv",
        "ffvhuff", "utvideo", "rawvideo", "v210", "cinepak", "svq1", "svq3", "rv10", "rv20", "rv30", "rv40", "indeo5",
        "jpeg2000", "png", "gif", "hap", "qtrle", "rpza", "zmbv", "tscc", "fraps", "magicyuv", "wrapped_avframe",
        "aac", "aac_latm", "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "ac3", "eac3", "opus", "libopus",
        "vorbis", "flac", "alac", "wmav1", "wmav2", "wmapro", "amrnb", "amrwb", "pcm_s16le", "pcm_s16be", "pcm_s24le",
        "pcm_s24be", "pcm_s32le", "pcm_u8", "pcm_f32le", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav",
        "adpcm_ima_qt", "adpcm_swf", "nellymoser", "speex", "libspeex", "dca", "truehd", "mlp", "gsm_ms",
    ]

    private static let codecSet = Set(codecs + ["msmpeg4v3", "flv1", "mp1", "vp6a"])

    /// Whether a video codec, by libav's codec name, may be decoded.
    static func allows(codec: String) -> Bool { codecSet.contains(codec) }

    /// Lets through the container called `name` in libav's comma-separated way, or says why not.
    static func admit(_ name: String, file: MediaFile) throws(MediaFailure) {
        let names = name.split(separator: ",").map(String.init)
        let first = names.first ?? name
        if containers.contains(first) { return }
        if playlists.contains(first) { throw playlist(first, file) }
        if soundContainers.contains(first) {
            throw MediaFailure(
                code: .noVideo, message: "holds sound only (\(first)), no video stream", subject: file.path,
                hint: "Name a file with pictures")
        }
        if first == "image2" || first.hasSuffix("_pipe") {
            throw MediaFailure(
                code: .unsupported, message: "is a still picture, not a video",
                subject: file.path, hint: "Name a video file")
        }
        throw MediaFailure(
            code: .unsupported, message: "refused: container \(first) is not on the list of video containers",
            subject: file.path, hint: "Convert it to MP4 or Matroska first")
    }

    /// Recognises playlists and manifests by their text, whatever libav makes of them.
    static func refusePlaylists(_ file: MediaFile) throws(MediaFailure) {
        let bytes = file.opening(4096)
        guard !bytes.contains(0) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).lazy.map { $0.drop { $0 == " " || $0 == "\u{FEFF}" } }
        guard let first = lines.first(where: { !$0.isEmpty })?.lowercased() else { return }
        if first.hasPrefix("#ext") || first.hasPrefix("ffconcat") || first.hasPrefix("[playlist]")
            || first.hasPrefix("[reference]")
        {
            throw playlist(String(first.prefix(20)), file)
        }
        if first.hasPrefix("v=0") { throw playlist("sdp", file) }
        if first.hasPrefix("<") {
            let lower = text.lowercased()
            for tag in ["<mpd", "<smil", "<asx", "<playlist", "<smoothstreamingmedia"] where lower.contains(tag) {
                throw playlist(String(tag.dropFirst()), file)
            }
        }
        if first.hasPrefix("file ") || first.contains("://") || first.hasPrefix("/") || first.hasPrefix("concat:") {
            throw playlist("list of files", file)
        }
    }

    private static func playlist(_ kind: String, _ file: MediaFile) -> MediaFailure {
        MediaFailure(
            code: .unsupported, message: "refused: playlist (\(kind)) that points elsewhere", subject: file.path,
            hint: "Name the video file itself")
    }
}
