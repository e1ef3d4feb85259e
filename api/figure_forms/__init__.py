"""Figures as files of other programs: CSV, XLSX, JSON-stat, Parquet and an Arrow stream, each with its receipt."""

from api.figure_forms.receipt import Receipt, receipt_of
from api.figure_forms.sending import FIGURE_FORMS, choose_figures, send_file
from api.figure_forms.table import Column, FigureTable, columns_of

__all__ = [
    "FIGURE_FORMS",
    "Column",
    "FigureTable",
    "Receipt",
    "choose_figures",
    "columns_of",
    "receipt_of",
    "send_file",
]
