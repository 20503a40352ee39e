/// What `gantry models fetch` tells while it works.
package enum FetchEvent: Sendable {
    /// A new step, as a short sentence without a period.
    case step(String)
    /// Bytes of the current download so far, and in all where that is known.
    case progress(done: Int64, total: Int64?)
}
