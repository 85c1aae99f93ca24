"""Matting over HTTP, and the page that is served with it."""
