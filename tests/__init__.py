"""The suite: tests, and the processes that they start.

What they load stays as long as they run. Looking through it for garbage, again and again while it
grows, would be half of what it takes to find the tests (see `manage.py`).
"""

import atexit
import gc

gc.set_threshold(100_000, 50, 100)
atexit.register(gc.freeze)
