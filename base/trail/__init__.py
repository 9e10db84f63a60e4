"""The trail: what happened, merged from everything that records (architecture, decision 7).

Histories of tracked rows, revisions and editions of content, the studio's log, events, and what
apps add. Each is a source (`sources`); `pages` merges them newest first, page by page; apps say
in their `trail.py` how changes of their models are told (`registry`).
"""
