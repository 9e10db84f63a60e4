"""The schemas of what managers write: module catalogues and service descriptions."""
