"""Tables are checked in the engine: by their own schemas, by the model's, and by the model's rules."""

from ingest.checking.columns import SchemaUnusable
from ingest.checking.tables import StagedTable, check_table, check_tables, open_engine, threads_for

__all__ = ["SchemaUnusable", "StagedTable", "check_table", "check_tables", "open_engine", "threads_for"]
