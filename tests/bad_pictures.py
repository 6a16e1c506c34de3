"""Files as people's folders hold them: broken, odd, or no pictures at all."""

import os
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SIZE = (48, 40)  # width, height
READ, REFUSED, EITHER = "read", "refused", "either"  # the last: decoders differ, neither may stop the others


def picture(mode: str = "RGB") -> Image.Image:
    """Half dark, half bright, so that it compresses to more than a few bytes."""
    noise = np.random.default_rng(0).integers(0, 120, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    noise[:, SIZE[0] // 2 :] += 120
    return Image.fromarray(noise).convert(mode)


def encoded(kind: str, mode: str = "RGB", **options: object) -> bytes:
    file = BytesIO()
    picture(mode).save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, bits: int = 8, pixels: bytes = b"\0" * 64) -> bytes:
    """A PNG in colour that claims a size, whatever pixels are in it."""
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def text_bomb() -> bytes:
    """A small PNG whose text unpacks to a hundred megabytes."""
    about, file = PngInfo(), BytesIO()
    about.add_text("Comment", "\0" * 100_000_000, zip=True)
    picture().save(file, "PNG", pnginfo=about)
    return file.getvalue()


def with_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded("JPEG", exif=exif)


def animated(kind: str) -> bytes:
    return encoded(kind, save_all=True, append_images=[picture().rotate(90)])


def deep(dtype: type, value: float, ending: str) -> Callable[[Path], object]:
    return lambda path: Image.fromarray(np.full((SIZE[1], SIZE[0]), value, dtype)).save(path, ending)


ORIENTATION_IN_WORDS = b"Exif\0\0" + struct.pack("<2sHIHHHI4sI", b"II", 42, 8, 1, 0x0112, 2, 4, b"up!\0", 0)
JPEG, PNG = encoded("JPEG"), encoded("PNG")
CONTENTS: dict[str, tuple[str, bytes]] = {  # what becomes of each, and its bytes
    "plain.jpg": (READ, JPEG),
    "plain.png": (READ, PNG),
    "wrong ending.png": (READ, JPEG),
    "no ending": (READ, PNG),
    "plain.webp": (READ, encoded("WEBP")),
    "plain.bmp": (READ, encoded("BMP")),
    "plain.tif": (READ, encoded("TIFF")),
    "plain.ppm": (READ, encoded("PPM")),
    "animated.gif": (READ, animated("GIF")),
    "animated.webp": (READ, animated("WEBP")),
    "one bit.png": (READ, encoded("PNG", "1")),
    "grey.jpg": (READ, encoded("JPEG", "L")),
    "palette.png": (READ, encoded("PNG", "P")),
    "transparent palette.png": (READ, encoded("PNG", "P", transparency=0)),
    "grey, transparent.png": (READ, encoded("PNG", "LA")),
    "transparent.png": (READ, encoded("PNG", "RGBA")),
    "cmyk.jpg": (READ, encoded("JPEG", "CMYK")),
    "cmyk.tif": (READ, encoded("TIFF", "CMYK")),
    "ycbcr.jpg": (READ, encoded("JPEG", "YCbCr")),
    "progressive.jpg": (READ, encoded("JPEG", progressive=True)),
    "orientation 9.jpg": (READ, with_exif(9)),
    "orientation 0.jpg": (READ, with_exif(0)),
    "orientation in words.jpg": (READ, encoded("JPEG", exif=ORIENTATION_IN_WORDS)),
    "broken exif.jpg": (READ, encoded("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")),
    "other exif.jpg": (READ, encoded("JPEG", exif=b"Exif\0\0" + bytes(range(200)))),
    "the end is missing.jpg": (EITHER, JPEG[:-2]),
    "cut in half.jpg": (REFUSED, JPEG[: len(JPEG) // 2]),
    "only a header.jpg": (REFUSED, JPEG[:20]),
    "cut in half.png": (REFUSED, PNG[: len(PNG) // 2]),
    "broken in the middle.png": (EITHER, PNG[:60] + b"\xff" * 40 + PNG[100:]),
    "cut in half.webp": (REFUSED, encoded("WEBP")[:200]),
    "cut in half.tif": (REFUSED, encoded("TIFF")[:500]),
    "cut in half.gif": (EITHER, animated("GIF")[:600]),
    "empty.jpg": (REFUSED, b""),
    "empty": (REFUSED, b""),
    "zeros.jpg": (REFUSED, bytes(10_000)),
    "noise.jpg": (REFUSED, np.random.default_rng(0).bytes(5000)),
    "text.jpg": (REFUSED, b"no picture"),
    "notes.txt": (REFUSED, "Fröhliche Weihnachten".encode()),
    "page.jpg": (REFUSED, b"<!DOCTYPE html><html><body>404 not found</body></html>"),
    "document.pdf": (REFUSED, b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"),
    "program.eps": (REFUSED, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"),
    "drawing.svg": (REFUSED, b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
    "archive.zip": (REFUSED, b"PK\x03\x04" + bytes(100)),
    "video.mp4": (REFUSED, b"\0\0\0\x18ftypmp42" + bytes(100)),
    "no heic.heic": (REFUSED, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)),
    "bomb.png": (REFUSED, png(60_000, 60_000)),
    "wide bomb.png": (REFUSED, png(2**31 - 1, 1)),
    "bomb.gif": (REFUSED, b"GIF89a\xff\xff\xff\xff\xf0\0\0" + bytes(30)),
    "bomb.bmp": (REFUSED, b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 99_999, 99_999, 1, 24, *[0] * 6)),
    "text bomb.png": (REFUSED, text_bomb()),
    "no size.png": (REFUSED, png(0, 0)),
    "half the pixels.png": (REFUSED, png(640, 480)),
    "circular.tif": (REFUSED, b"II*\0\x08\0\0\0\0\0\x08\0\0\0"),
    "16 bits a colour.png": (READ, png(2, 2, 16, 2 * (b"\0" + bytes(12)))),
    "one pixel.png": (READ, png(1, 1)),
    "ünïcödé.jpg": (READ, JPEG),
    "写真 😀.jpg": (READ, JPEG),
    "two\nlines.jpg": (READ, JPEG),
    "a\ttab\x07.jpg": (READ, JPEG),
    "<&'\".jpg": (READ, JPEG),
    "-rf.jpg": (READ, JPEG),
    "100%.jpg": (READ, JPEG),
    " ends with a space .jpg ": (READ, JPEG),
    "a,b;c=d.jpg": (READ, JPEG),
    "{file}.jpg": (READ, JPEG),
    f"{'long' * 60}.jpg": (READ, JPEG),
    "plain.JPG": (READ, JPEG),
    "a/b/c/d/deep.jpg": (READ, JPEG),
}


def write_bad_pictures(folder: Path) -> dict[Path, str]:
    """What is to become of each file that is written there."""
    expected = {}
    for name, (fate, content) in CONTENTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        expected[path] = fate
    for name, write in {
        "16 bits.png": deep(np.uint16, 40_000, "PNG"),
        "16 bits.tif": deep(np.uint16, 40_000, "TIFF"),
        "32 bits.tif": deep(np.int32, 40_000, "TIFF"),
        "fractions.tif": deep(np.float32, 0.5, "TIFF"),
    }.items():
        write(folder / name)
        expected[folder / name] = READ
    deep(np.float32, 1e9, "TIFF")(folder / "large numbers.tif")
    expected[folder / "large numbers.tif"] = REFUSED
    latin = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jpg"))
    latin.write_bytes(JPEG)
    expected[latin] = READ
    (folder / "nowhere.jpg").symlink_to(folder / "gone.jpg")
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    (folder / "linked").symlink_to(folder / "a")
    os.mkfifo(folder / "pipe.jpg")
    expected |= {folder / name: REFUSED for name in ("nowhere.jpg", "itself.jpg", "linked", "pipe.jpg")}
    (folder / "linked.jpg").symlink_to(folder / "plain.jpg")
    expected[folder / "linked.jpg"] = READ
    (folder / "a folder.jpg").mkdir()
    (folder / ".hidden.jpg").write_bytes(JPEG)
    return expected
