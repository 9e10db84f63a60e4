"""Which jobs there are while a test runs."""

from dataclasses import replace

import pytest

from jobs.registry import Job, jobs


def only_job(monkeypatch: pytest.MonkeyPatch, job: Job) -> None:
    """Let a job be the only one there is, for whoever holds the function that lists them."""
    there = jobs()
    for name in reversed(list(there)):  # so that they come back in their order
        monkeypatch.delitem(there, name)
    monkeypatch.setitem(there, job.name, job)


def have_batches(name: str, size: int) -> None:
    """Let a job do so many contracts in one transaction, for the rest of this process."""
    jobs()[name] = replace(jobs()[name], at_once=size)
