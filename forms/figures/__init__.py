"""What is counted of cases and records, for those who steer (`base.workspace.figures`).

`standings.py` says which running cases stand out; lists filter by the same definitions.
"""
