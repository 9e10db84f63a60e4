"""Letters that LibreOffice has printed in this run: the same bytes are printed once.

Starting it takes a second of processor time, and the walks ask for the same letter as one person
after the other. What is tested of a PDF hangs on its letter alone; the first of each is printed as
the product prints it. Processes that share a run share what they have printed.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path


def printed_once(original: Callable, program: str | None, kept: Path) -> Callable:
    """Wrap `base.documents.pdf._converted`: keep what this program makes, in that folder.

    Whatever else a test puts in the program's place is asked each time.
    """

    def converted(asked: str, folder: Path, docx: bytes, *, seconds: float) -> bytes:
        if asked != program:
            return original(asked, folder, docx, seconds=seconds)
        pdf = kept / f"{sha256(docx).hexdigest()}.pdf"
        if not pdf.exists():
            # Renamed, so that nobody reads it half written.
            unfinished = pdf.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(original(asked, folder, docx, seconds=seconds))
            unfinished.rename(pdf)
        return pdf.read_bytes()

    return converted
