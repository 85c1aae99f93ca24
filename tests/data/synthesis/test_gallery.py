import numpy as np

from atnet.data.synthesis.gallery import gallery
from atnet.data.synthesis.generate import effects
from atnet.data.synthesis.kinds import KINDS


def test_every_kind_and_effect_has_its_place():
    sheet = gallery(0, 48)
    shown = 2 * len(KINDS) + len(effects(0, 48))
    rows = np.array_split(sheet[:-12], shown // 6)  # without the margin at the foot
    cells = [cell for row in rows for cell in np.array_split(row[:, :-12], 6, axis=1)]
    assert len(cells) == shown
    assert min(cell[60:, 40:].std() for cell in cells) > 0.01
    assert np.array_equal(sheet, gallery(0, 48))
    assert not np.array_equal(sheet, gallery(1, 48))
