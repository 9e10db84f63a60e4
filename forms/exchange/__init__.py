"""Form definitions, clients, cases, reasons, service records and filled forms in files."""

from forms.exchange import cases, filled_forms, record_reasons, service_records

__all__ = ["cases", "filled_forms", "record_reasons", "service_records"]
