"""Image files for the tests, made by other means than ours: Pillow, OpenCV or byte by byte."""

import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image, TiffImagePlugin

RGB_8 = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
RGB_16 = np.random.default_rng(1).integers(0, 65536, (5, 7, 3), dtype=np.uint16)
ALPHA_16 = np.random.default_rng(2).integers(0, 65536, (5, 7), dtype=np.uint16)


def saved(array_or_image, kind, **options):
    image = array_or_image
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opencv(array, suffix):
    """RGB(A) as a file by OpenCV, which alone can write 16-bit colour."""
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[array.shape[2] if array.ndim == 3 else 1]
    return cv2.imencode(suffix, array if array.ndim == 2 else array[..., order])[1].tobytes()


def decoded(data, bits):
    """Independent decoding: OpenCV for 16 bits, Pillow for 8."""
    if bits == 8:
        return np.asarray(Image.open(io.BytesIO(data)))
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour_type=2, rows=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(samples, **tags):
    """An uncompressed TIFF of one strip, with any tags."""
    height, width = samples.shape[:2]
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    entries = {256: width, 257: height, 258: (8 * samples.itemsize,) * channels, 259: 1}
    entries |= {262: 1 if channels == 1 else 2, 273: 0, 277: channels, 279: samples.nbytes}
    for tag, value in (entries | {int(name[1:]): value for name, value in tags.items()}).items():
        directory[tag] = value
    file = io.BytesIO()
    directory.save(file)
    return file.getvalue() + samples.tobytes()


def oriented_files(orientation):
    """For each kind of file, the stored pixels and a file that says how to turn them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    deep_png = opencv(RGB_16, ".png")
    exif_chunk = chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    return {
        "png": (RGB_8, saved(RGB_8, "PNG", exif=exif)),
        "webp": (RGB_8, saved(RGB_8, "WEBP", exif=exif, lossless=True)),
        "tiff": (RGB_8, tiff(RGB_8, _274=orientation)),
        "16-bit tiff": (RGB_16, tiff(RGB_16, _274=orientation)),
        "16-bit png": (RGB_16, deep_png[:33] + exif_chunk + deep_png[33:]),
    }


def profile(space, connection, tags):
    """Bytes of a small ICC version 2 profile."""
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        offset = 128 + 4 + 12 * len(tags) + len(body)
        table += name + struct.pack(">II", offset, len(content))
        body += padded
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(
        ">I4sI4s4s4s", 128 + len(table + body), b"", 0x02400000, kind, space, connection
    )
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header + bytes(128 - len(header)) + table + body


def xyz(values):
    fixed = [round(value * 65536) for value in values]
    return b"XYZ " + bytes(4) + struct.pack(">3i", *fixed)


def curve(gamma):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


COMMON = {
    b"desc": b"desc" + bytes(4) + struct.pack(">I", 6) + b"sRGB?\0" + bytes(78),
    b"wtpt": xyz([0.9642, 1, 0.8249]),
}
# Columns: red, green and blue in XYZ, adapted to D50.
ADOBE = np.array([[0.6097, 0.2053, 0.1492], [0.3111, 0.6257, 0.0632], [0.0195, 0.0609, 0.7446]])
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])
WIDE_PROFILE = profile(
    b"RGB ",
    b"XYZ ",
    COMMON
    | {name: xyz(ADOBE[:, i]) for i, name in enumerate([b"rXYZ", b"gXYZ", b"bXYZ"])}
    | {name: curve(2.2) for name in (b"rTRC", b"gTRC", b"bTRC")},
)
LINEAR_GREY_PROFILE = profile(b"GRAY", b"XYZ ", COMMON | {b"kTRC": curve(1.0)})


def cmyk_profile():
    """No ink is white, black ink makes black, all other inks the grey of L* = 50."""
    lightness = [255, 0] + [128, 0] * 7  # the last ink, black, runs fastest
    identity = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    table += identity * 4 + b"".join(bytes([value, 128, 128]) for value in lightness) + identity * 3
    return profile(b"CMYK", b"Lab ", COMMON | {b"A2B0": table})


def deep_png_with(icc):
    """A 16-bit PNG of `RGB_16` with any bytes for a colour profile."""
    data = opencv(RGB_16, ".png")
    return data[:33] + chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc)) + data[33:]
