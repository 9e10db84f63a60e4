"""Organisations, members, contracts and the facts beside them in files."""

from contracts.exchange import (
    change_proposals,
    closed_years,
    contract_files,
    contracts,
    instalments,
    members,
    organisations,
    payroll,
    substitutions,
)

__all__ = [
    "change_proposals",
    "closed_years",
    "contract_files",
    "contracts",
    "instalments",
    "members",
    "organisations",
    "payroll",
    "substitutions",
]
