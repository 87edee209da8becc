"""Photos as they are kept: small JPEGs, decoded and written anew, so that of a file nothing stays but what it shows."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from threading import Lock

import puremagic
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

LARGEST_FILE = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_SCANS = 100  # a progressive JPEG has about ten; each costs as much work as the whole picture
SIDE = 800
ONE_AT_A_TIME = Lock()  # 40 million pixels take up to 600 MB for a second
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


@dataclass(frozen=True)
class SmallJpeg:
    image: bytes
    sha256: str
    width: int
    height: int


def small_jpeg(data: bytes) -> SmallJpeg:
    """Return the picture upright and at most SIDE pixels wide and high, without anything else that the file says (EXIF, GPS).

    Raises ValidationError, in words for whoever sent the file, if it is none of FORMATS, too large, or damaged.
    """
    media_type = type_of(data)
    try:
        with ONE_AT_A_TIME:
            small = reduced(data, media_type)
    except ValidationError:
        raise
    except Image.DecompressionBombError as error:
        raise too_many_pixels() from error
    except Exception as error:  # decoders raise whatever a damaged file makes them stumble over
        raise ValidationError(_("This file is damaged: the picture cannot be read. Choose another one.")) from error
    out = BytesIO()
    small.save(out, "JPEG", quality=85, optimize=True)
    return SmallJpeg(out.getvalue(), hashlib.sha256(out.getvalue()).hexdigest(), *small.size)


def type_of(data):
    """Return the media type by the content; what the file is called, and what the browser says of it, are only claims."""
    try:
        found = {match.mime_type for match in puremagic.magic_string(data)} & FORMATS.keys()
    except (puremagic.PureError, ValueError):
        found = set()
    if len(found) != 1:
        raise ValidationError(_("This is no JPEG, PNG or WebP picture. Choose a file of one of these kinds."))
    return found.pop()


def reduced(data, media_type):
    """Return a new picture in red, green and blue. Its size is known, and refused, before any pixel is decoded."""
    if media_type == "image/webp":  # Pillow takes memory for all of its pixels as soon as it opens one
        refuse_large(webp_size(data))
    if media_type == "image/jpeg" and data.count(b"\xff\xda") > MOST_SCANS:
        raise ValueError("too many scans")
    with Image.open(BytesIO(data), formats=[FORMATS[media_type]]) as picture:
        refuse_large(picture.size)
        if picture.mode == "P":  # of a palette, no colours between two can be made
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        if picture.mode.startswith("I;16"):
            picture = picture.point(lambda light: light * (1 / 256)).convert("L")
        picture.thumbnail((SIDE, SIDE))  # a JPEG is decoded no larger than this needs
        upright = ImageOps.exif_transpose(picture)
    return on_white(upright)


def on_white(picture):
    """Return a picture that is made anew: one that is converted would carry on the comments of the file."""
    small = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        small.paste(picture, mask=picture)
    else:
        small.paste(picture.convert("RGB"))
    return small


def refuse_large(size):
    if size[0] * size[1] > MOST_PIXELS:
        raise too_many_pixels()


def too_many_pixels():
    return ValidationError(_("This picture has more than 40 million pixels. Make it smaller first."))


def webp_size(data):
    """Return width and height as the header says. Source: RFC 9649."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    raise ValueError("no WebP header")
