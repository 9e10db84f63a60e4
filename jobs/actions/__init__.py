"""Verbs of the jobs app: compute, check, issue, explain; report; make documents."""
