"""Data sets: readers of finished ones, and what makes them."""
