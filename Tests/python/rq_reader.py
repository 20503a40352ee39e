"""What the real rq reads of a queue: JSON on standard output.

    rq_reader.py REDIS_URL QUEUE [JOB ...]
"""

import json
import sys

import rq
from redis import Redis
from rq import Queue, Worker
from rq.job import Job
from rq.results import Result


def moment(value):
    return value.isoformat() if value else None


def described(job):
    latest = job.latest_result()
    return {
        "status": job.get_status(),
        "origin": job.origin,
        "func_name": job.func_name,
        "args": list(job.args),
        "description": job.description,
        "created_at": moment(job.created_at),
        "enqueued_at": moment(job.enqueued_at),
        "started_at": moment(job.started_at),
        "ended_at": moment(job.ended_at),
        "timeout": job.timeout,
        "result_ttl": job.result_ttl,
        "failure_ttl": job.failure_ttl,
        "worker_name": job.worker_name,
        "position": job.get_position(),
        "exc_info": job.exc_info,
        "meta": job.meta,
        "result_type": latest.type.name if latest else None,
        "return_value": job.return_value(),
        "results": Result.count(job),
        "executions": [execution.composite_key for execution in job.get_executions()],
        "ttl": job.connection.ttl(job.key),
    }


def main():
    url, name, *ids = sys.argv[1:]
    redis = Redis.from_url(url)
    queue = Queue(name, connection=redis)
    document = {
        "version": rq.VERSION,
        "queues": sorted(queue.name for queue in Queue.all(redis)),
        "job_ids": queue.job_ids,
        "count": queue.count,
        "started": queue.started_job_registry.get_job_ids(),
        "finished": queue.finished_job_registry.get_job_ids(),
        "failed": queue.failed_job_registry.get_job_ids(),
        "canceled": queue.canceled_job_registry.get_job_ids(),
        "workers": [
            {
                "name": worker.name,
                "state": worker.get_state(),
                "queues": worker.queue_names(),
                "pid": worker.pid,
                "hostname": worker.hostname,
                "birth": moment(worker.birth_date),
                "last_heartbeat": moment(worker.last_heartbeat),
                "succeeded": worker.successful_job_count,
                "failed": worker.failed_job_count,
                "executions": [execution.composite_key for execution in worker.get_current_executions()],
            }
            for worker in Worker.all(connection=redis)
        ],
        "queue_workers": Worker.count(queue=queue),
        "jobs": {job.id: described(job) for job in Job.fetch_many(ids, connection=redis) if job},
    }
    json.dump(document, sys.stdout)


main()
