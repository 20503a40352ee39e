import Testing

/// Tests with plugins' processes: one after another, since they measure time and make the machine busy.
@Suite(.serialized) enum OverProcesses {}

/// Whether `condition` holds before the deadline: for what no signal tells, such as the end of another's process.
func reaches(_ deadline: Duration, _ condition: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + deadline
    while ContinuousClock.now < end {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))  // looks again sooner when cancelled
    }
    return false
}
