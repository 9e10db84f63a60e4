"""Screens of base, one file per noun."""
