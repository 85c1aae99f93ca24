"""The error of image files, shared by reading and writing."""


class ImageError(ValueError):
    """An image cannot be read or written; the message is one line that names the file."""


def first_line(error: Exception) -> str:
    """Returns the first line of an error's message, or its type where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]
