"""Signing in: django-allauth with our rules.

allauth owns login, logout, passwords, the second factor and throttling. Here is what we decide
about them: who may sign up (nobody: people are invited), what messages say, how secrets are
stored, when a session ends, and which language a page speaks.
"""
