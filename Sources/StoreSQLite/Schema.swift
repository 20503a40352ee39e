/// The database's layout, as steps that only go forwards: a file of an older version is brought up by those it lacks.
///
/// A step that has been released never changes; what is new is a new step at the end.
struct Schema: Sendable {
    /// Step n, from 1, leads from version n - 1 to version n (`PRAGMA user_version`).
    var steps: [String]

    var version: Int { steps.count }

    /// `PRAGMA application_id`: "Gant" in ASCII. Says that the file is ours.
    static let applicationID = 0x4761_6E74

    static let current = Schema(steps: [first, drafts])

    /// Rows that change often (jobs) are kept small and apart from those that are written once (requests) and those
    /// that few jobs have (details). What belongs to a job is found by its number rather than its name: jobs that are
    /// worked on one after the other then lie side by side, and a commit writes few pages. Checks compare one by one:
    /// for `IN` with a list SQLite builds a table at each write.
    private static let first = """
        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            rank INTEGER NOT NULL,
            needs_gpu INTEGER NOT NULL,
            attempt INTEGER NOT NULL CHECK (attempt >= 1),
            interruptions INTEGER NOT NULL DEFAULT 0,
            deadly_chunks TEXT,
            lease INTEGER,
            worker TEXT,
            lease_deadline INTEGER,
            not_before INTEGER,
            submitted_at INTEGER NOT NULL,
            queued_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            progress_sequence INTEGER,
            CHECK (state != 'running' OR (lease IS NOT NULL AND lease_deadline IS NOT NULL)),
            CHECK (((state = 'pending' OR state = 'running') AND ended_at IS NULL) OR (ended_at IS NOT NULL
                AND (state = 'completed' OR state = 'failed' OR state = 'cancelled')))
        ) STRICT;
        CREATE INDEX jobs_by_state ON jobs (state);
        CREATE INDEX jobs_ready ON jobs (needs_gpu, rank) WHERE state = 'pending' AND not_before IS NULL;
        CREATE INDEX jobs_waiting ON jobs (not_before) WHERE not_before IS NOT NULL;

        CREATE TABLE requests (
            number INTEGER PRIMARY KEY REFERENCES jobs,
            owner TEXT NOT NULL,
            idempotency_key TEXT,
            digest TEXT NOT NULL,
            video_path TEXT NOT NULL,
            video_file_name TEXT NOT NULL,
            video_bytes INTEGER NOT NULL,
            video_seconds REAL,
            video_sha256 TEXT,
            pipelines TEXT NOT NULL,
            config TEXT NOT NULL,
            storage_path TEXT
        ) STRICT;
        CREATE UNIQUE INDEX requests_by_key ON requests (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;

        CREATE TABLE details (
            number INTEGER PRIMARY KEY REFERENCES jobs,
            progress TEXT,
            result_path TEXT,
            result_message TEXT,
            fault TEXT
        ) STRICT;

        CREATE TABLE log (
            sequence INTEGER PRIMARY KEY,
            job TEXT NOT NULL,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            attempt INTEGER,
            detail TEXT,
            delay INTEGER
        ) STRICT;
        CREATE INDEX log_by_number ON log (number);
        CREATE INDEX log_deletions ON log (job) WHERE kind = 'deleted';

        CREATE TABLE counters (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            number INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            trimmed INTEGER NOT NULL,
            served_rank INTEGER NOT NULL,
            boot TEXT NOT NULL
        ) STRICT;
        INSERT INTO counters VALUES (1, 0, 0, 0, 0, '');
        """

    /// Drafts, and the jobs that were made of them. Whatever happens to a job, its draft's revision tells.
    private static let drafts = """
        CREATE TABLE drafts (
            id TEXT PRIMARY KEY,
            revision INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state = 'open' OR state = 'submitted' OR state = 'cancelled'
                OR state = 'removed'),
            name TEXT,
            owner TEXT NOT NULL,
            video_path TEXT,
            video_file_name TEXT,
            video_bytes INTEGER,
            video_seconds REAL,
            video_sha256 TEXT,
            proxy_path TEXT,
            setup TEXT,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            CHECK (video_path IS NULL OR (video_file_name IS NOT NULL AND video_bytes IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX drafts_by_change ON drafts (changed_at);
        CREATE INDEX drafts_removed ON drafts (id) WHERE state = 'removed';

        CREATE TABLE runs (
            job TEXT PRIMARY KEY,
            draft TEXT NOT NULL REFERENCES drafts,
            place INTEGER NOT NULL,
            UNIQUE (draft, place)
        ) STRICT, WITHOUT ROWID;
        """
}
