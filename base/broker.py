"""Tasks through Redis, where REDIS_URL names one: needs what requirements-broker.txt pins."""

from uuid import uuid4

from django.db import transaction
from django_tasks.base import TaskResult, TaskResultStatus
from django_tasks_rq import RQBackend


class Backend(RQBackend):
    """Hands a task to the broker when the transaction that asks for it is committed.

    Otherwise a worker could come before the rows it is about, or for rows that never come. A broker
    that does not answer then is an error in the log: what the task is about stands in rows.
    """

    def enqueue(self, task, args, kwargs) -> TaskResult:
        """Return a result that says that it waits; nobody can ask for another by its number."""
        self.validate_task(task)

        def hand_over() -> None:
            super(Backend, self).enqueue(task, args, kwargs)

        transaction.on_commit(hand_over, robust=True)
        return TaskResult(
            task=task,
            id=str(uuid4()),
            status=TaskResultStatus.READY,
            enqueued_at=None,
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
