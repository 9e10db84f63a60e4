"""Forms, clients, cases, reasons, appointments, service records, signatures, deadlines in files."""

from forms.exchange import (
    appointments,
    cases,
    deadlines,
    filled_forms,
    record_reasons,
    record_signatures,
    service_records,
)

__all__ = [
    "appointments",
    "cases",
    "deadlines",
    "filled_forms",
    "record_reasons",
    "record_signatures",
    "service_records",
]
