"""Readers of finished data sets: folders to scenes."""
