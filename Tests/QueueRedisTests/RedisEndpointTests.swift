import QueueRedis
import Testing

@Suite
struct RedisEndpointTests {
    @Test(
        arguments: [
            ("redis://localhost", RedisEndpoint(address: .network(host: "localhost", port: 6379))),
            ("redis://", RedisEndpoint(address: .network(host: "localhost", port: 6379))),
            ("REDIS://10.0.0.7:6380/3", RedisEndpoint(address: .network(host: "10.0.0.7", port: 6380), database: 3)),
            ("redis://h/?db=4", RedisEndpoint(address: .network(host: "h", port: 6379), database: 4)),
            (
                "redis://:s%40cret@h:1/2",
                RedisEndpoint(address: .network(host: "h", port: 1), database: 2, password: "s@cret")
            ),
            (
                "redis://anna:p:q@[::1]:7000",
                RedisEndpoint(address: .network(host: "::1", port: 7000), user: "anna", password: "p:q")
            ),
            ("unix:///run/redis.sock", RedisEndpoint(address: .socket(path: "/run/redis.sock"))),
            (
                "unix://:pw@/run/r.sock?db=5",
                RedisEndpoint(address: .socket(path: "/run/r.sock"), database: 5, password: "pw")
            ),
        ])
    func `what it names`(url: String, endpoint: RedisEndpoint) throws {
        #expect(try RedisEndpoint(url) == endpoint)
    }

    @Test(
        arguments: [
            "", "localhost:6379", "http://secret@h", "rediss://:secret@h", "redis://h:0", "redis://h:secret",
            "redis://h/secret", "redis://h:70000", "unix://secret", "redis://%zzsecret@h", "redis://h/-1",
            "redis://se\u{1}cret",
        ])
    func `what it cannot mean is refused, and nothing of it is said again`(url: String) throws {
        let failure = #expect(throws: QueueFailure.self) { try RedisEndpoint(url) }
        #expect(failure?.kind == .setting)
        #expect(failure?.description.contains("secret") == false)
        #expect(failure?.hint != nil)
    }

    @Test func `TLS is refused by its name`() throws {
        let failure = #expect(throws: QueueFailure.self) { try RedisEndpoint("rediss://h") }
        #expect(failure?.message.contains("TLS") == true)
    }

    @Test func `it is shown without name and password`() throws {
        #expect(try RedisEndpoint("redis://anna:secret@h:1/2").description == "redis://h:1/2")
        #expect(try RedisEndpoint("unix://:secret@/run/r.sock?db=5").description == "unix:///run/r.sock?db=5")
    }

    @Test(
        arguments: [("jobs", ["jobs"]), (" a , b-1.x,a", ["a", "b-1.x"])])
    func `names of queues`(text: String, names: [String]) throws {
        #expect(try QueueNames(text).all == names)
    }

    @Test(
        arguments: ["", ",", "a:b", "a b", "jöbs", "a\nb"])
    func `names that could be mistaken for keys are refused`(text: String) {
        #expect(throws: QueueFailure.self) { try QueueNames(text) }
    }
}
