"""From packages to standard tables: the only code that opens a publisher's file."""

from ingest.gathering import Report, Source, check_packages

__all__ = ["Report", "Source", "check_packages"]
