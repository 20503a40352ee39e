/// Every statement that the store runs after it has opened.
enum StatementName: Int, CaseIterable {
    case begin, commit, rollback
    case loadCounters, saveCounters
    case countByState, queueInOrder
    case findByKey, findNumber, insertJob, insertRequest
    case readMachine, machinesExpired, machinesRunning
    case wake, nextWakeUp, ready, start
    case renew, requeue, end
    case noteProgress, saveProgress, saveResult, saveFault, readProgress
    case appendLog, forgetLogEntry, forgetLogOfJob
    case deleteRequest, deleteDetails, deleteJob
    case readJob, listAll, listInState, endedBefore
    case readLog, readLogOfJob, readTrimmed, logCut, trimLog
    case findDraft, insertDraft, readDraft, readDraftOfRun, saveDraft
    case appendRun, submitDraft, removeRun, touchDraftOfRun, deleteDraft
    case draftsChangedBefore, draftsRemoved

    var sql: String {
        switch self {
        case .begin: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"

        case .loadCounters: "SELECT number, sequence, trimmed, served_rank FROM counters"
        case .saveCounters: "UPDATE counters SET number = ?1, sequence = ?2, trimmed = ?3, served_rank = ?4"
        case .countByState: "SELECT state, count(*) FROM jobs GROUP BY state"
        case .queueInOrder:
            """
            SELECT jobs.rank, jobs.number, requests.owner FROM jobs JOIN requests USING (number)
            WHERE jobs.state = 'pending' ORDER BY jobs.rank, jobs.number
            """

        case .findByKey:
            """
            SELECT jobs.id, requests.digest FROM requests JOIN jobs USING (number)
            WHERE requests.owner = ?1 AND requests.idempotency_key = ?2
            """
        case .findNumber: "SELECT number FROM jobs WHERE id = ?1"
        case .insertJob:
            """
            INSERT INTO jobs (number, id, state, rank, needs_gpu, attempt, submitted_at, queued_at, not_before)
            VALUES (?1, ?2, 'pending', ?3, ?4, 1, ?5, ?5, ?6)
            """
        case .insertRequest: "INSERT INTO requests VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"

        case .readMachine: "SELECT \(Self.machineColumns) FROM jobs WHERE id = ?1"
        case .machinesExpired:
            """
            SELECT \(Self.machineColumns) FROM jobs
            WHERE state = 'running' AND lease_deadline <= ?1 ORDER BY lease_deadline, number
            """
        case .machinesRunning:
            """
            SELECT \(Self.machineColumns) FROM jobs
            WHERE state = 'running' AND (?1 IS NULL OR worker = ?1) ORDER BY number
            """

        case .wake: "UPDATE jobs SET not_before = NULL WHERE not_before <= ?1"
        case .nextWakeUp: "SELECT min(not_before) FROM jobs WHERE not_before IS NOT NULL"
        case .ready:
            """
            SELECT \(Self.machineColumns) FROM jobs
            WHERE state = 'pending' AND not_before IS NULL AND needs_gpu = ?1 ORDER BY rank, number LIMIT ?2
            """
        case .start:
            """
            UPDATE jobs SET state = 'running', lease = ?4, worker = ?5, lease_deadline = ?6,
                started_at = coalesce(started_at, ?7)
            WHERE number = ?1 AND state = ?2 AND attempt = ?3 AND lease IS NULL
            """

        case .renew:
            "UPDATE jobs SET lease_deadline = ?5 WHERE number = ?1 AND state = ?2 AND attempt = ?3 AND lease = ?4"
        case .requeue:
            """
            UPDATE jobs SET state = 'pending', attempt = ?5, interruptions = ?6, deadly_chunks = ?7, lease = NULL,
                worker = NULL, lease_deadline = NULL, not_before = ?8, queued_at = ?9
            WHERE number = ?1 AND state = ?2 AND attempt = ?3 AND lease = ?4
            """
        case .end:
            """
            UPDATE jobs SET state = ?5, lease_deadline = NULL, not_before = NULL, ended_at = ?6
            WHERE number = ?1 AND state = ?2 AND attempt = ?3 AND lease IS ?4
            """

        case .noteProgress:
            """
            UPDATE jobs SET progress_sequence = ?5 WHERE number = ?1 AND state = ?2 AND attempt = ?3 AND lease = ?4
            """
        case .saveProgress:
            """
            INSERT INTO details (number, progress) VALUES (?1, ?2)
            ON CONFLICT (number) DO UPDATE SET progress = excluded.progress
            """
        case .saveResult:
            """
            INSERT INTO details (number, result_path, result_message) VALUES (?1, ?2, ?3)
            ON CONFLICT (number) DO UPDATE
            SET result_path = excluded.result_path, result_message = excluded.result_message
            """
        case .saveFault:
            """
            INSERT INTO details (number, fault) VALUES (?1, ?2)
            ON CONFLICT (number) DO UPDATE SET fault = excluded.fault
            """
        case .readProgress: "SELECT progress FROM details WHERE number = ?1"

        case .appendLog:
            """
            INSERT INTO log (sequence, job, at, kind, attempt, detail, delay, number)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """
        case .forgetLogEntry: "DELETE FROM log WHERE sequence = ?1"
        case .forgetLogOfJob: "DELETE FROM log WHERE number = ?1 OR (job = ?2 AND kind = 'deleted')"

        case .deleteRequest: "DELETE FROM requests WHERE number = ?1"
        case .deleteDetails: "DELETE FROM details WHERE number = ?1"
        case .deleteJob: "DELETE FROM jobs WHERE number = ?1 AND state = ?2"

        case .readJob: "SELECT \(Self.jobColumns) WHERE jobs.id = ?1"
        case .listAll:
            """
            SELECT \(Self.jobColumns)
            WHERE jobs.number IN (SELECT number FROM jobs ORDER BY number DESC LIMIT ?1 OFFSET ?2)
            ORDER BY jobs.number DESC
            """
        case .listInState:
            """
            SELECT \(Self.jobColumns)
            WHERE jobs.number IN (SELECT number FROM jobs WHERE state = ?3 ORDER BY number DESC LIMIT ?1 OFFSET ?2)
            ORDER BY jobs.number DESC
            """
        // A look at every job, 10 ms for 100,000 of them, once in a while; an index would cost each job's end a page.
        case .endedBefore:
            "SELECT id FROM jobs WHERE ended_at < ?1 ORDER BY ended_at, number LIMIT ?2"

        case .readLog: "SELECT \(Self.logColumns) FROM log WHERE sequence > ?1 ORDER BY sequence LIMIT ?2"
        case .readLogOfJob:
            """
            SELECT \(Self.logColumns) FROM log
            WHERE (number = (SELECT number FROM jobs WHERE id = ?3) OR (job = ?3 AND kind = 'deleted'))
                AND sequence > ?1
            ORDER BY sequence LIMIT ?2
            """
        case .readTrimmed: "SELECT trimmed, sequence FROM counters"
        case .logCut: "SELECT sequence FROM log ORDER BY sequence DESC LIMIT 1 OFFSET ?1"
        case .trimLog: "DELETE FROM log WHERE sequence <= ?1"

        case .findDraft: "SELECT revision FROM drafts WHERE id = ?1"
        case .insertDraft:
            "INSERT INTO drafts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        case .readDraft: "SELECT \(Self.draftColumns) FROM drafts WHERE id = ?1"
        case .readDraftOfRun:
            "SELECT \(Self.draftColumns) FROM drafts WHERE id = (SELECT draft FROM runs WHERE job = ?1)"
        case .saveDraft:
            """
            UPDATE drafts SET revision = revision + 1, state = ?3, name = ?4, video_path = ?5, video_file_name = ?6,
                video_bytes = ?7, video_seconds = ?8, video_sha256 = ?9, proxy_path = ?10, setup = ?11,
                changed_at = ?12
            WHERE id = ?1 AND revision = ?2
            """
        case .appendRun:
            """
            INSERT INTO runs
            VALUES (?2, ?1, (SELECT coalesce(max(place), 0) + 1 FROM runs WHERE draft = ?1))
            """
        case .submitDraft:
            """
            UPDATE drafts SET revision = revision + 1, state = 'submitted', changed_at = ?3
            WHERE id = ?1 AND revision = ?2
            """
        case .removeRun: "DELETE FROM runs WHERE job = ?1"
        // One that has no run left says for itself how it stands.
        case .touchDraftOfRun:
            """
            UPDATE drafts SET revision = revision + 1, changed_at = ?2,
                state = CASE WHEN state = 'submitted'
                    AND NOT EXISTS (SELECT 1 FROM runs AS others WHERE others.draft = drafts.id AND others.job != ?1)
                    THEN 'open' ELSE state END
            WHERE id = (SELECT draft FROM runs WHERE job = ?1)
            """
        case .deleteDraft: "DELETE FROM drafts WHERE id = ?1"
        case .draftsChangedBefore: "SELECT id FROM drafts WHERE changed_at < ?1 ORDER BY changed_at, id LIMIT ?2"
        case .draftsRemoved: "SELECT id FROM drafts WHERE state = 'removed' ORDER BY id"
        }
    }

    /// In the order that `StoredMachine` reads.
    private static let machineColumns =
        """
        number, id, state, attempt, lease, interruptions, deadly_chunks, rank, needs_gpu, progress_sequence, worker
        """

    /// In the order that `Job(row:)` reads.
    private static let jobColumns = """
        jobs.number, jobs.id, jobs.state, jobs.attempt, jobs.rank, jobs.lease, jobs.worker, jobs.lease_deadline,
            jobs.submitted_at, jobs.queued_at, jobs.started_at, jobs.ended_at, jobs.needs_gpu,
            requests.owner, requests.video_path, requests.video_file_name, requests.video_bytes,
            requests.video_seconds, requests.video_sha256, requests.pipelines, requests.config, requests.storage_path,
            details.progress, details.result_path, details.result_message, details.fault, jobs.deadly_chunks,
            (SELECT log.at FROM log WHERE log.sequence = jobs.progress_sequence)
        FROM jobs JOIN requests USING (number) LEFT JOIN details USING (number)
        """

    /// In the order that `Draft(row:)` reads; its runs' names with spaces between them.
    private static let draftColumns = """
        id, revision, state, name, owner, video_path, video_file_name, video_bytes, video_seconds, video_sha256,
            proxy_path, setup, created_at, changed_at,
            (SELECT group_concat(job, ' ') FROM (SELECT job FROM runs WHERE draft = drafts.id ORDER BY place))
        """

    /// In the order that `JobLogEntry(row:)` reads.
    private static let logColumns = "sequence, job, at, kind, attempt, detail, delay"
}
