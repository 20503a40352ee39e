import PluginHost

extension PluginHost: PluginService {
    package func encodedHealthList() -> (json: [UInt8], etag: String) {
        let (bytes, etag) = healthListJSON
        return (bytes, etag)
    }
}
