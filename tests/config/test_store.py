"""What one host keeps in an S3-compatible store, another reads; what fails is told as ever."""

import os
import subprocess
import sys
import time

import boto3
import boto3.s3.inject
import pytest
from botocore.exceptions import ReadTimeoutError
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from moto.server import ThreadedMotoServer

from base.documents.files import is_stored, store, stored_path
from base.models import Event
from base.views.stored_file import send_stored
from config import health
from contracts.actions.upload_evidence import upload_evidence
from contracts.integrity import evidence_has_its_files
from tests.config.test_production import COMPLETE
from tests.contracts.test_evidence import DAY, PDF
from tests.factories import COSTS, make_contract, make_user

pytestmark = pytest.mark.once

BUCKET = "letters"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "S3_REGION": "eu-central-1"}

READ = """
import django
django.setup()
from django.core.files.storage import default_storage
import sys
with default_storage.open(sys.argv[1]) as file:
    sys.stdout.buffer.write(file.read())
"""


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server, settings, monkeypatch):
    """An empty bucket, which is the store of this process."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    made = boto3.resource("s3", endpoint_url=server, region_name="eu-central-1").Bucket(BUCKET)
    made.create(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    settings.STORAGES = {**configured.STORAGES, "default": in_bucket(server)}
    yield made
    made.objects.all().delete()
    made.delete()


def in_bucket(server: str) -> dict:
    """Return the setting of a store."""
    options = {"bucket_name": BUCKET, "endpoint_url": server, "region_name": "eu-central-1"}
    return {"BACKEND": health.STORE, "OPTIONS": options}


def on_another_host(server: str, path: str) -> bytes:
    """Return what a process with settings from its environment alone reads."""
    return subprocess.run(
        [sys.executable, "-c", READ, path],
        cwd=configured.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
            "S3_BUCKET": BUCKET,
            "S3_ENDPOINT_URL": server,
            **KEYS,
            **COMPLETE,
        },
        capture_output=True,
        check=True,
    ).stdout


def test_a_letter_made_here_is_read_there(bucket, server):
    letter = b"PK letter" * 1000
    sha256 = store(letter)

    assert [(each.key, each.size) for each in bucket.objects.all()] == [
        (f"documents/{sha256[:2]}/{sha256}.docx", len(letter))
    ]
    assert on_another_host(server, stored_path(sha256)) == letter
    assert store(letter) == sha256  # twice is once
    assert len(list(bucket.objects.all())) == 1
    assert health.look_at_files() == {}
    assert is_stored(sha256)
    assert not is_stored("f" * 64)


def test_two_files_of_one_name_are_two_files(bucket):
    """What editors put on pages keeps its name; that of somebody else must not take its place."""
    names = [
        default_storage.save("documents/plan.txt", ContentFile(text)) for text in (b"one", b"other")
    ]

    found = {name: bucket.Object(name).get()["Body"].read() for name in names}
    assert list(found.values()) == [b"one", b"other"]


def test_a_letter_cut_off_is_written_again(bucket):
    sha256 = store(b"the whole letter")
    bucket.put_object(Key=stored_path(sha256), Body=b"the wh")

    store(b"the whole letter")
    with default_storage.open(stored_path(sha256)) as file:
        assert file.read() == b"the whole letter"


@pytest.mark.django_db
def test_evidence_is_kept_checked_and_sent(bucket, server, rf):
    evidence = upload_evidence(
        contract=make_contract(remuneration=[COSTS]), name="Gehalt.pdf", content=PDF,
        kind="payslip", day=DAY, by=make_user(),
    )  # fmt: skip
    path = stored_path(evidence.sha256, ".pdf")
    assert on_another_host(server, path) == PDF
    assert list(evidence_has_its_files()) == []

    request = rf.get("/")
    request.user = evidence.uploaded_by
    sent = send_stored(
        request, evidence.sha256, "Gehalt.pdf", about=evidence, title="x", suffix=".pdf",
        content_type="application/pdf",
    )  # fmt: skip
    assert b"".join(sent.streaming_content) == PDF
    sent.close()
    bucket.Object(path).delete()
    assert len(list(evidence_has_its_files())) == 1


@pytest.mark.django_db
def test_a_file_that_breaks_off_is_a_folder_that_does_not_answer(bucket, monkeypatch, rf):
    def break_off(*args, **kwargs):
        raise ReadTimeoutError(endpoint_url="http://store.example")

    sha256 = store(b"letter")
    monkeypatch.setattr(boto3.s3.inject, "object_download_fileobj", break_off)
    request = rf.get("/")

    with pytest.raises(OSError, match="does not answer: ReadTimeoutError"):
        default_storage.open(stored_path(sha256))
    # Nothing left the house, so nothing is on record.
    sent = send_stored(request, sha256, "x.docx", about=None, title="x", suffix=".docx")
    assert (sent.status_code, Event.objects.count()) == (503, 0)


@pytest.mark.django_db
def test_a_store_that_is_gone_is_a_folder_that_does_not_answer(settings, monkeypatch, rf):
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    settings.STORAGES = {**configured.STORAGES, "default": in_bucket("http://127.0.0.1:9")}
    began = time.monotonic()

    with pytest.raises(OSError, match="does not answer: EndpointConnectionError"):
        store(b"letter")
    with pytest.raises(OSError, match="does not answer"):
        health.look_at_files()
    request = rf.get("/")
    assert (
        send_stored(request, "a" * 64, "x.docx", about=None, title="x", suffix=".docx").status_code
        == 503
    )
    assert time.monotonic() - began < 30
