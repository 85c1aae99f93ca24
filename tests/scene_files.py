"""Small scenes for tests: a soft disc before stripes, with its alpha and trimap."""

import numpy as np
from PIL import Image


def soft_disc(size, radius):
    """The alpha of a disc with a soft edge, uint8."""
    rows, columns = np.indices(size)
    distance = np.hypot(rows - size[0] / 2, columns - size[1] / 2)
    return np.round(np.clip((radius - distance) / 8 + 0.5, 0, 1) * 255).astype(np.uint8)


def disc_scene(size=(64, 72), radius=16):
    """Image, trimap and alpha, all uint8."""
    alpha = soft_disc(size, radius)
    trimap = np.where(alpha == 255, 255, np.where(alpha == 0, 0, 128)).astype(np.uint8)
    share = alpha[..., None] / 255
    stripes = np.where(np.arange(size[1]) // 4 % 2, 60, 20)[None, :, None] * np.ones((*size, 3))
    image = np.round(share * (200, 160, 40) + (1 - share) * stripes).astype(np.uint8)
    return image, trimap, alpha


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def write_folder(folder, count=3, size=(64, 72)):
    """A data set in the generic layout."""
    for number in range(count):
        image, trimap, alpha = disc_scene(size, 12 + 3 * number)
        for role, pixels in {"image": image, "trimap": trimap, "alpha": alpha}.items():
            save(folder / role / f"scene{number}.png", pixels)
    return folder


def write_composites(folder):
    """Two composites of one disc in Composition-1k's layout, with trimaps."""
    image, trimap, alpha = disc_scene()
    save(folder / "mask_test/disc.png", alpha)
    for number in range(2):
        save(folder / f"merged_test/disc_{number}.png", image)
        save(folder / f"trimap_test/disc_{number}.png", trimap)
    return folder
