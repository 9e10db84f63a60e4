"""An S3-compatible store for letters and evidence, so that all hosts read what each has made.

Its own exceptions become those of the system, which callers know: the store that does not answer
is a folder that does not answer (`base.views.stored_file`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

PATIENCE = Config(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2})


@contextmanager
def _as_system_errors() -> Iterator[None]:
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise OSError(f"The store does not answer: {type(error).__name__}") from error


class Store(S3Storage):
    """Keeps files in a bucket; raises OSError where the store does not answer or refuses."""

    def __init__(self, **options):
        # Files of pages are called what their editors called them: the second of a name is renamed.
        super().__init__(client_config=PATIENCE, file_overwrite=False, **options)

    def _open(self, name, mode="rb"):
        with _as_system_errors():
            file = super()._open(name, mode)
            # It would fetch what it holds at the first read, out of reach of these errors.
            return file.open() if "r" in mode else file

    def _save(self, name, content):
        with _as_system_errors():
            return super()._save(name, content)

    def delete(self, name):
        """Delete a file; none of that name is no error."""
        with _as_system_errors():
            super().delete(name)

    def exists(self, name):
        """Tell whether a file of that name is there."""
        with _as_system_errors():
            return super().exists(name)

    def size(self, name):
        """Return the size of a file in bytes."""
        with _as_system_errors():
            return super().size(name)
