// How the values of this module travel between a server and its workers.

extension JobID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = JobID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "this is no job's name")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension LeaseToken: Codable {
    // As text: readers of JSON elsewhere keep 53 bits of a number.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bits = UInt64(try container.decode(String.self), radix: 16) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "this is no lease")
        }
        self.init(bits: bits)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(bits, radix: 16))
    }
}
