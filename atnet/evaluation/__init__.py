"""Data sets to scores: the official metrics, methods to compare, rows, reports."""
