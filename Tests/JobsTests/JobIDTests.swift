import Jobs
import TestSupport
import Testing

@Suite struct JobIDTests {
    @Test func anyNumberMakesAName() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<1000 {
            let id = JobID.random(using: &generator)
            #expect(JobID(id.text) == id)
        }
    }

    @Test(
        arguments: [
            "", "0123456789a", "0123456789abc", "0123456789AB", "../../../etc", "0123456789a\u{0}", "０123456789",
            "0123456789é",
        ])
    func whatCannotBeANameIsNone(text: String) {
        #expect(JobID(text) == nil)
    }
}
