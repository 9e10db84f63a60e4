"""How statements and reports look: each module lays out a Word template.

Parts come from `base.documents.building`. The words in {{ … }} and {% … %} are variables and
conditions; `jobs/documents/statement.py` and `report.py` say which there are.
"""
