"""Forms, clients, cases, reasons, appointments, service records and deadlines in files."""

from forms.exchange import (
    appointments,
    cases,
    deadlines,
    filled_forms,
    record_reasons,
    service_records,
)

__all__ = [
    "appointments",
    "cases",
    "deadlines",
    "filled_forms",
    "record_reasons",
    "service_records",
]
