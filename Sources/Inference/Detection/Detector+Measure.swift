import Dispatch
import Glibc
import Model
import Synchronization

/// What running a model costs by itself: no decoding, no preparation of the picture, no reading of the output.
package struct BareInference: Hashable, Sendable, Codable {
    /// Input pictures that went through the model.
    package var inputs: Int
    /// Threads that called the engine at the same time.
    package var callers: Int
    package var wallSeconds: Double
    /// Processor time of the whole process meanwhile, the engine's own threads included.
    package var cpuSeconds: Double

    package var wallSecondsPerInput: Double { wallSeconds / Double(inputs) }
    package var cpuSecondsPerInput: Double { cpuSeconds / Double(inputs) }
}

extension Detector {
    /// Runs the model alone, for `gantry bench`. Nothing else should run in the process meanwhile.
    ///
    /// - Parameters:
    ///   - plan: tells the input's size and batch.
    ///   - pictures: what the model looks at, in turn: real ones, since the time of a model with its own suppression
    ///     depends on how much there is to see. Not empty; of the plan's input size.
    ///   - runs: runs of each caller, after one that does not count.
    ///   - callers: threads, each with a session of its own; the options' streams where `nil`.
    package func measureBareInference(
        plan: InputPlan, pictures: [PlanarImage], runs: Int, callers: Int? = nil
    ) throws(InferenceFailure) -> BareInference {
        let callers = callers ?? options.streams
        var requests: [any InferenceRequest] = []
        for _ in 0..<callers {
            let session = try makeSession(plan: plan)
            requests.append(try session.warmRequest(pictures))
        }
        let failure = Mutex<InferenceFailure?>(nil)
        let batch = requests.first.map { $0.inputs[ports.image].shape[0] } ?? 1
        // Each iteration has its own element, and the array is not changed while they run.
        nonisolated(unsafe) let shared = requests
        let (clock, cpuBefore) = (ContinuousClock(), Self.cpuSeconds())
        let elapsed = clock.measure {
            DispatchQueue.concurrentPerform(iterations: callers) { caller in
                do throws(InferenceFailure) {
                    for _ in 0..<runs { try unsafe shared[caller].run() }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return BareInference(
            inputs: runs * callers * batch, callers: callers, wallSeconds: elapsed / .seconds(1),
            cpuSeconds: Self.cpuSeconds() - cpuBefore)
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
