"""Organisations, members, contracts and the facts beside them in files."""

from contracts.exchange import closed_years, contracts, instalments, members, organisations, payroll

__all__ = ["closed_years", "contracts", "instalments", "members", "organisations", "payroll"]
