/// What to start, with what, and within which bounds.
package struct ProcessPlan: Sendable {
    /// A descriptor of this process that the new one inherits under another number.
    package struct Inherited: Sendable, Hashable {
        /// The number in the new process, 3 or higher. The numbers in use have no gaps.
        package var child: Int32
        /// The number here. It stays open here; closing it is the caller's.
        package var parent: Int32

        package init(child: Int32, parent: Int32) {
            self.child = child
            self.parent = parent
        }
    }

    /// Absolute path.
    package var program: String
    /// Without the program's name.
    package var arguments: [String]
    /// The whole environment; nothing is inherited. See `WorkerEnvironment`.
    package var environment: [String: String]
    /// Absolute path; nil for this process's own.
    package var workingDirectory: String?
    /// Standard input is /dev/null, standard output and error are captured, these come on top.
    package var descriptors: [Inherited]
    package var sandbox: SandboxPlan
    package var output: OutputPlan
    /// What the process and all that it starts may use together.
    package var limits = GroupLimits()
    /// Called once, on the supervision thread, when the group was killed for going beyond `limits`: it must not wait.
    package var onBreach: (@Sendable (LimitBreach) -> Void)?

    package init(
        program: String, arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, descriptors: [Inherited] = [], sandbox: SandboxPlan = SandboxPlan(),
        output: OutputPlan = OutputPlan()
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.descriptors = descriptors
        self.sandbox = sandbox
        self.output = output
    }
}

/// How much of what a process prints is kept, and who is told.
package struct OutputPlan: Sendable {
    /// Of both streams together; older lines go.
    package var keptBytes: Int
    /// Longer lines are cut.
    package var lineBytes: Int
    /// Called for each line in order, on the supervision thread: it must not wait.
    package var onLine: (@Sendable (OutputLine) -> Void)?

    package init(
        keptBytes: Int = 64 << 10, lineBytes: Int = 4 << 10, onLine: (@Sendable (OutputLine) -> Void)? = nil
    ) {
        self.keptBytes = keptBytes
        self.lineBytes = lineBytes
        self.onLine = onLine
    }
}
