"""Form definitions, clients, cases, service records and filled forms in files."""

from forms.exchange import cases, filled_forms, service_records

__all__ = ["cases", "filled_forms", "service_records"]
