"""The exchange format: files in, files out, with one error for each wrong place.

`kinds` registers what a file may hold, in the order it is read; `checking` turns files into checked
entries; `importing` hands them to the actions everything else uses; `exporting` writes what
importing reads. The format is described in docs/exchange.md.
"""
