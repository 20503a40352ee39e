import FileSafety
import Foundation
import HTTPKit
import Jobs
import Model
import PluginWire

/// `POST /api/v1/workers/…`: how `gantry worker` gets its jobs and says how they go. The server is the only one who
/// writes to the store, so every worker's step is fenced in one place.
struct WorkerRoutes: Sendable {
    let service: WorkerService
    let jobs: JobService
    private var hub: WorkerHub { service.hub }

    static let path = "/api/v1/workers/"
    private static let leases = Duration.seconds(2)...Duration.seconds(600)

    var routes: [Route] {
        [
            route("hello", "A worker introduces itself", [.conflict]) { (hello: WorkerHello) in try await welcome(hello)
            },
            route("watch", "Waits until there is something to tell a worker", [.conflict]) { (watch: WorkerWatch) in
                try await answer(watch)
            },
            route("claim", "Gives a worker jobs whose turn it is", [.conflict]) { (claim: WorkerClaim) in
                try await give(claim)
            },
            route("job", "A job as its attempt needs it", []) { (id: JobID) in try await job(id) },
            route("steps", "How jobs go and end", [.storageFull]) { (steps: [WorkerStep]) in try await take(steps) },
            route("ended", "Nothing is left of an attempt", []) { (ended: WorkerEnded) in
                hub.ended(ended.held, in: ended.session)
                return true
            },
            route("leave", "A worker ends", []) { (leave: WorkerLeave) in
                hub.leave(leave.session)
                return true
            },
        ]
    }

    private func route<Request: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ word: String, _ summary: String, _ errors: [ErrorCode],
        _ work: @escaping @Sendable (Request) async throws -> Answer
    ) -> Route {
        Route(
            RouteDescription(
                .post, Self.path + word, tag: "Workers", summary: summary,
                about: "Between this server and its `gantry worker`s, of the same version: it may change with each.",
                request: [RouteDescription.Content("application/json", .any)],
                answers: Described.json("For the worker", .any), scope: .worker,
                errors: errors + [.validationError, .serviceUnavailable]),
            bodyBytes: WorkerMessages.largest,
            streaming: { request, _ in
                let body = try await request.body.collect(upTo: WorkerMessages.largest)
                let message: Request
                do {
                    message = try JSONDecoder().decode(Request.self, from: Data(body))
                } catch {
                    throw ErrorEnvelope(
                        .validationError, "This is no message of a worker of this version",
                        hint: "Run the same version of gantry on both machines")
                }
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                return HTTPResponse(.json(Array(try encoder.encode(try await work(message)))))
            })
    }

    // MARK: Coming

    private func welcome(_ hello: WorkerHello) async throws -> WorkerWelcome {
        guard hello.version == ProductVersion.string else {
            throw refused(
                .version, "The worker is gantry \(hello.version), the server \(ProductVersion.string)",
                hint: "Install the same version on both")
        }
        guard !hello.name.isEmpty, hello.name.utf8.count <= 200, hello.name != WorkerID.server.text,
            (1...1024).contains(hello.slots), hello.gpuSlots >= 0
        else { throw ErrorEnvelope(.validationError, "This cannot be a worker's name or number of slots") }
        try await checkStorage(hello)
        guard let session = try hub.enter(hello) else {
            throw refused(
                .name, "A worker called \(hello.name) is connected already", hint: "Choose another name: --name")
        }
        return WorkerWelcome(session: session, fileMask: service.fileMask, attempts: service.attempts)
    }

    /// What the worker wrote has to be here, to be read.
    private func checkStorage(_ hello: WorkerHello) async throws(ErrorEnvelope) {
        let folders = jobs.folders
        let folder = hello.folder
        guard folder.hasPrefix(StorageFolders.workerPrefix), let path = folders.path(relative: "temp/\(folder)"),
            !folder.contains("/")
        else { throw ErrorEnvelope(.validationError, "This cannot be a worker's folder", field: "folder") }
        let found: Result<[UInt8], FileSafetyFailure> = await DiskThreads.shared.run {
            Result { () throws(FileSafetyFailure) in
                try FileContents.read("\(path)/\(WorkerHello.nonceFile)", limit: 1 << 10)
            }
        }
        switch found {
        case .success(let bytes) where bytes == Array(hello.nonce.utf8): return
        case .failure(let failure) where failure.code == .permissionDenied:
            throw refused(
                .storage, "The server may not read what the worker writes (\(path))",
                hint: "Run both as the same user, or as one group with umask 007")
        case .success, .failure:
            throw refused(
                .storage,
                "The worker's storage folder is not the server's, which is \(folders.root): what the worker wrote is "
                    + "not there",
                hint: "Mount the server's storage on the worker's machine and name it there with JOBS_DIR")
        }
    }

    private func refused(_ refusal: WorkerRefusal, _ message: String, hint: String) -> ErrorEnvelope {
        ErrorEnvelope(.conflict, message, detail: ["refusal": .string(refusal.rawValue)], hint: hint)
    }

    // MARK: Watching

    private func answer(_ watch: WorkerWatch) async throws -> WorkerNotice {
        _ = try hub.worker(of: watch.session)
        var unwanted: [HeldJob] = []
        var own: [HeldJob] = []
        for held in watch.running {
            let job = try await jobs.store.job(held.job)
            if let job, job.state == .running, job.lease?.fence == held.fence {
                own.append(held)
            } else {
                unwanted.append(held)
            }
        }
        hub.adopt(own, in: watch.session)
        hub.markToStop(unwanted, in: watch.session)
        let known = Set(watch.running + watch.stopping)
        for held in hub.lost(in: watch.session, apartFrom: known, claims: watch.finishedClaims) {
            try await giveBack(held)
        }
        return try await hub.watch(watch, for: WorkerMessages.watchDuration)
    }

    /// A job whose worker never heard of it, back into the queue; no attempt was made of it.
    private func giveBack(_ held: HeldJob) async throws {
        let step = JobTransition(
            job: held.job, fence: held.fence, step: .interrupt(reason: "its worker did not get to hear of it"))
        // Refused, it is somebody else's already, or has ended.
        _ = try await jobs.store.apply([step], at: .now())
        hub.ended(held, in: nil)
    }

    // MARK: Jobs

    private func give(_ claim: WorkerClaim) async throws -> GivenJobs {
        let worker = try hub.worker(of: claim.session)
        let lease = min(max(claim.lease, Self.leases.lowerBound), Self.leases.upperBound)
        let request = ClaimRequest(
            worker: worker, limit: min(max(0, claim.limit), 1024), gpuLimit: max(0, claim.gpuLimit),
            leaseDuration: lease)
        let claimed = try await jobs.store.claim(request, at: .now())
        hub.issue(claimed.claims, to: claim.session, by: claim.number)
        let now = JobTime.now().monotonic
        return GivenJobs(
            claims: claimed.claims.map {
                GivenJobs.Claim(held: HeldJob(job: $0.job, fence: $0.fence), needsGPU: $0.needsGPU)
            },
            nextWakeUp: claimed.nextWakeUp.map { max(.zero, $0 - now) })
    }

    private func job(_ id: JobID) async throws -> GivenJob? {
        try await jobs.store.job(id).map { GivenJob($0, in: jobs.folders) }
    }

    private func take(_ steps: [WorkerStep]) async throws -> [StepOutcome] {
        let now = JobTime.now()
        let transitions = steps.prefix(1000).map { step in
            var wanted = step.step
            // Where results are is the server's to say.
            if case .complete(var result) = wanted {
                result.path = jobs.folders.results(of: step.held.job.text)
                wanted = .complete(result)
            }
            if case .renew(let duration) = wanted {
                wanted = .renew(min(max(duration, Self.leases.lowerBound), Self.leases.upperBound))
            }
            return JobTransition(job: step.held.job, fence: step.held.fence, step: wanted)
        }
        return try await jobs.store.apply(transitions, at: now).map { result in
            switch result {
            case .success(let outcome):
                .taken(
                    state: outcome.state, attempt: outcome.attempt,
                    deadline: outcome.deadline.map { $0 - now.monotonic })
            case .failure(let refusal): .refused(refusal)
            }
        }
    }
}
