import Testing

@testable import Model

struct SettingTests {
    @Test func namesAreUsedOnce() {
        let names = Setting.all.flatMap { [$0.name] + $0.aliases }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: Setting.all)
    func theStandardIsAValueOfItsKind(setting: Setting) throws {
        guard let standard = setting.standard else { return }
        try SettingReader([setting.name: standard]).check(setting)
    }

    @Test func theFirstNameThatIsSetCounts() {
        let reader = SettingReader(["GANTRY_STORAGE_DIR": "", "STORAGE_ROOT": "/c", "VIDEOANNOTATOR_STORAGE_DIR": "/b"])
        #expect(reader.text(.storageFolder) == "/b")
        #expect(SettingReader([:]).text(.storageFolder) == "./storage")
    }

    @Test func numbersHaveBounds() throws {
        #expect(try SettingReader(["MAX_CONCURRENT_JOBS": "7"]).integer(.jobs) == 7)
        #expect(try SettingReader([:]).integer(.jobs) == 2)
        #expect(try SettingReader([:]).integer(.jobMemory) == nil)
        #expect(try SettingReader(["RETRY_BASE_DELAY": "0.25"]).seconds(.retryBaseDelay) == .milliseconds(250))
        for text in ["0", "-1", "two", "1.5", "99999999999999999999", "1e3", " 2"] {
            #expect(throws: SettingFailure.self) { try SettingReader(["MAX_CONCURRENT_JOBS": text]).integer(.jobs) }
        }
        for text in ["nan", "inf", "-0.1", "1.1"] {
            #expect(throws: SettingFailure.self) { try SettingReader(["RETRY_JITTER": text]).share(.retryJitter) }
        }
    }

    @Test func aSecretIsNotShown() {
        let failure = SettingFailure(message: "", subject: nil, hint: nil)
        #expect(failure.code == .invalidArgument)
        #expect(Setting.all.filter(\.isSecret).map(\.name) == ["GANTRY_TOKEN"])
    }
}
