"""Documents of the forms app: a filled form as a Word file, for who is to read it."""
