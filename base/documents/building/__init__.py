"""Parts that Word templates are built from, for the modules that lay a document out.

`document` is the sheet with its styles, `paragraphs` what stands on it, `tables` the tables.
Measures are in millimetres from the edges of the sheet, font sizes and spaces in points.
"""
