"""Folders of small photographs with trimaps, for tests of batches."""

import numpy as np

from atnet.files.images import write_image


def photographs(folder, count, size=(32, 32)):
    """Writes discs, each of its own colour, in two subfolders, each with its trimap beside it."""
    rows, columns = np.indices(size)
    distance = np.hypot(rows - size[0] / 2, columns - size[1] / 2) / min(size)
    alpha = np.clip((0.35 - distance) * 10, 0, 1)[..., None]
    trimap = np.select([alpha[..., 0] == 0, alpha[..., 0] == 1], [0.0, 1.0], 128 / 255)
    for number in range(count):
        path = folder / "ab"[number % 2] / f"x{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        colour = np.array([number / count, 0.8, 0.3])
        write_image(path, (alpha * colour + (1 - alpha) * [0.1, 0.1, 0.4]).astype(np.float32))
        write_image(path.with_name(f"x{number}.trimap.png"), trimap.astype(np.float32))
    return folder
