import FileSafety
import Jobs

/// The jobs part of the server: where jobs and their files are kept, and who runs them.
package struct JobService: Sendable {
    package var store: any JobStore
    package var folders: StorageFolders
    package var control: any JobControl
    package var limits: UploadLimits

    package init(
        store: any JobStore, folders: StorageFolders, control: any JobControl, limits: UploadLimits = UploadLimits()
    ) {
        self.store = store
        self.folders = folders
        self.control = control
        self.limits = limits
    }
}
