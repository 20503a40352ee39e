import Model
import Testing

@Suite struct FailureTests {
    private struct Example: Failure {
        var code = FailureCode.invalidData
        var message = "is damaged"
        var subject: String?
        var hint: String?
    }

    @Test func saysWhatOnWhatAndWhatToDo() {
        #expect(Example(subject: "a.mp4", hint: "Copy it again").description == "a.mp4: is damaged. Copy it again")
        #expect(Example().description == "is damaged")
    }

    @Test func staysOneLineWhateverTheFileIsCalled() {
        let line = Example(subject: "a\nb\u{1B}[2Jé.mp4").description
        #expect(line == #"a\nb\u{1B}[2Jé.mp4: is damaged"#)
    }
}
