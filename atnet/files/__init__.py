"""Image files and other files: reading, writing, replacing as a whole."""
