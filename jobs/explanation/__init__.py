"""Why a statement says what it says, down to its sources.

`amounts` explains how an amount arises, `rules` has the words for its steps, `notes` what it owes
to other terms and cases; `causes` says why a line differs from what was charged, `reasons` which
reasons of people stand behind that. `sources` reads the versions that a line names.
"""
