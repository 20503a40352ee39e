import Testing

/// Tests with plugins' processes: one after another, since they measure time and make the machine busy.
@Suite(.serialized) enum OverProcesses {}
