"""What statements and reports show, as plain data formatted for German readers, and the templates.

    statement, report version -> context (plain data) -> base.documents.render -> .docx

`statement`, `evidence` and `report` make contexts, `formats` writes figures. The templates in
`jobs/templates/documents/` are made from `layouts` by `python -m jobs.documents.build_templates`;
they are ordinary Word files, and an installation may put edited ones in their place.
Documents are German whatever language the screen has.
"""
