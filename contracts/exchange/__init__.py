"""Organisations, members, contracts and the facts beside them in files."""

from contracts.exchange import contracts, instalments, members, organisations, payroll

__all__ = ["contracts", "instalments", "members", "organisations", "payroll"]
