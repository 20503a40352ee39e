import CSupervision
import Glibc
import PluginWire

/// Ends the wait of a worker's thread: something has happened that its socket does not tell.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(WireFailure) {
        descriptor = supervision_alarm_create()
        guard descriptor >= 0 else { throw WireFailure(.system, "cannot make an event (errno \(errno))") }
    }

    deinit { close(descriptor) }

    func ring() { supervision_alarm_ring(descriptor) }
    func silence() { supervision_alarm_silence(descriptor) }
}
