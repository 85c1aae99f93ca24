"""Natural image matting: from an image and a trimap to alpha, foreground and a clean cutout.

`__init__.pyi` beside this file lists the public names. Each is loaded when it is first asked for:
the command line answers `--help` without OpenCV.
"""

import lazy_loader

from atnet.version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
