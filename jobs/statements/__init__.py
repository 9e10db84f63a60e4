"""Billing statements: the job (`job`), for whom it is (`due`), what they settle and leave out.

`instalments` says which statement settles a payment on account, `unpriced` which work none
charges, `steps` what each step in a statement's life asks for first, `writes` stores what was
computed. The steps themselves are actions.
"""
