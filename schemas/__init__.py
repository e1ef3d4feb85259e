"""What exists: the tables, code lists, kinds and words of everything that is published.

Definitions are data (the YAML and Turtle beside this file); model.py loads them into one checked model.
"""

from schemas.definitions import (
    Code,
    CodeList,
    Field,
    ForeignKey,
    Kind,
    ListOf,
    Model,
    ModelFaults,
    ProblemKind,
    Rule,
    TableSchema,
)
from schemas.model import load_model

__all__ = [
    "Code",
    "CodeList",
    "Field",
    "ForeignKey",
    "Kind",
    "ListOf",
    "Model",
    "ModelFaults",
    "ProblemKind",
    "Rule",
    "TableSchema",
    "load_model",
]
