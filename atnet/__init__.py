"""Natural image matting: from an image and a trimap to alpha, foreground and a clean cutout."""

from atnet.evaluation.metrics import Scores as Scores
from atnet.evaluation.metrics import score as score
from atnet.files.images import ImageError as ImageError
from atnet.files.images import read_grey as read_grey
from atnet.files.images import read_image as read_image
from atnet.files.images import write_image as write_image
from atnet.foreground import composite as composite
from atnet.foreground import cutout as cutout
from atnet.foreground import estimate_foreground as estimate_foreground
from atnet.matting.predictor import Matting as Matting
from atnet.matting.presets import PRESETS as PRESETS
from atnet.matting.presets import PresetError as PresetError
from atnet.matting.result import Result as Result
from atnet.matting.result import matte as matte
from atnet.subjects.grabcut import trimap_from_box as trimap_from_box
from atnet.subjects.grabcut import trimap_from_subject as trimap_from_subject
from atnet.trimaps import TrimapError as TrimapError
from atnet.trimaps import check_trimap as check_trimap
from atnet.trimaps import read_trimap as read_trimap
from atnet.trimaps import snap_trimap as snap_trimap
from atnet.trimaps import trimap_from_alpha as trimap_from_alpha
from atnet.trimaps import trimap_from_mask as trimap_from_mask
from atnet.version import __version__ as __version__
