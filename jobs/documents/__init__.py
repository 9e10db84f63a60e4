"""What statements and reports show, as plain data formatted for German readers, and the templates.

    statement, report version -> context (plain data) -> base.documents.render -> .docx

`statement`, `evidence` and `report` make contexts, `formats` writes figures. The templates in
`jobs/templates/documents/` are Word files that a word processor edits (docs/operation.md).
Documents are German whatever language the screen has.
"""
