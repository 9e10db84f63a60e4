"""The part of the sample that goes on until today: its files for a day, and how far they are."""
