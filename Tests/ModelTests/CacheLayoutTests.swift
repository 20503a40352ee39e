import Model
import Testing

@Suite struct CacheLayoutTests {
    @Test(arguments: [
        (["GANTRY_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/a"),
        (["GANTRY_CACHE": "", "XDG_CACHE_HOME": "/b", "HOME": "/c"], "/b/gantry"),
        (["XDG_CACHE_HOME": "", "HOME": "/c"], "/c/.cache/gantry"),
    ])
    func `the first variable that is set decides`(environment: [String: String], root: String) {
        #expect(CacheLayout(environment: environment).root == root)
    }

    @Test(arguments: [[:], ["HOME": ""]])
    func `without a home the account's is taken, never a folder that others may write to`(
        environment: [String: String]
    ) {
        let root = CacheLayout(environment: environment).root
        #expect(root.hasPrefix("/") && root.hasSuffix("/.cache/gantry") && !root.hasPrefix("/tmp"))
    }
}
