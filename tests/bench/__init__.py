"""Timings on PostgreSQL, each beside the bare work that could not be spared: `make bench`."""
