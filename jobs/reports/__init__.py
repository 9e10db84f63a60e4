"""Reports on contracts, each a module of its own that is named here once."""

from jobs.reports.half_year import HALF_YEAR
from jobs.reports.kind import Gathered, ReportKind

KINDS: dict[str, ReportKind] = {kind.key: kind for kind in (HALF_YEAR,)}

__all__ = ["HALF_YEAR", "KINDS", "Gathered", "ReportKind"]
