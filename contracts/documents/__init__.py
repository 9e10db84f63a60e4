"""Documents of the contracts app: a contract with its annexes, as .docx and PDF."""
