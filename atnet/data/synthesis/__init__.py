"""Procedural foregrounds with exact alpha."""
