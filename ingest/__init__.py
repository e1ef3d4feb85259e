"""From packages to standard tables: the only code that opens a publisher's file."""

from ingest.checking.beside import second_process
from ingest.gathering import Checking, begin_checking, check_packages
from ingest.report import Report, Source

__all__ = ["Checking", "Report", "Source", "begin_checking", "check_packages", "second_process"]
