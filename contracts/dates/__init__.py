"""The days of a contract: until when it runs, what falls due when, on which days one works.

`working_days`, `duties` and `term` are arithmetic and know no model. `obligations` reads editions
and notices for them; on it rest whether a contract is `in_force`, where it is `standing`, and the
`calendar` of all of it. What an amendment may do to an end, and when a payment on account is
plausible, are rules that models ask (`contracts.models.rules`).
"""
