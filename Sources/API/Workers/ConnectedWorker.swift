import Jobs
import Model

/// A worker as health shows it.
package struct ConnectedWorker: Hashable, Sendable {
    package var name: String
    package var host: String
    package var pid: Int32
    package var slots: Int
    package var gpuSlots: Int
    /// The jobs in its hands.
    package var running: [JobID]
    package var gpuRunning: Int
    /// Whether it is there now. One that is lost is shown until what it had is somebody else's.
    package var isConnected: Bool
    package var lastSeen: WallTime
}
