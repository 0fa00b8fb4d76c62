"""What an attachment is: told by its bytes, never by its name or by what its sender says of it.

A kind is known by how its files begin; what begins like none of them, and is not text, is refused. So
programs, scripts, HTML and SVG do not come in under any name. The name must end as files of that kind do: a
program can't pass for a picture, nor a picture for a page. Text is what holds no control characters; of text,
what a browser or a shell would run is refused.

An archive is not opened: nothing is unpacked here, and what is in it is not looked at. Nor are macros and
scripts within documents: an attachment is a file that somebody of the account chose to show to others, and it
is served so that a browser runs nothing of it (docs/attachments.md).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

HEAD_BYTES: Final = 1024
_TAIL_BYTES: Final = 16
_OVERLAP: Final = 64


class Refused(Exception):
    """An attachment that is not taken in: a stable code, and a text that says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Judged:
    """`type` is the media type to serve it with. `displayable`: a picture that browsers show, with nothing
    behind its end."""

    type: str
    displayable: bool


def _never(head: bytes, tail: bytes, size: int) -> bool:
    return False


@dataclass(frozen=True)
class Kind:
    """`begins` tells a file of this kind by its first bytes; `types` are the endings of its names with their
    media types; `whole` tells that a picture ends with its last byte (`head, tail, size`)."""

    name: str
    begins: Callable[[bytes], bool]
    types: Mapping[str, str]
    whole: Callable[[bytes, bytes, int], bool] = _never


def _with(*signatures: bytes, at: int = 0) -> Callable[[bytes], bool]:
    return lambda head: head[at:].startswith(signatures)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"RIFF") and head[8:12] == form


def _riff_whole(head: bytes, tail: bytes, size: int) -> bool:
    return int.from_bytes(head[4:8], "little") + 8 == size


def _brand(*brands: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[4:8] == b"ftyp" and head[8:12] in brands


def _bitmap(head: bytes) -> bool:
    return head.startswith(b"BM") and head[6:10] == bytes(4) and head[10:14] != bytes(4)


_OPENXML = "application/vnd.openxmlformats-officedocument"
_OPENDOCUMENT = "application/vnd.oasis.opendocument"
_TEXT_ENDINGS = (
    *("txt", "log", "csv", "tsv", "json", "xml", "yaml", "yml", "md", "ini", "cfg", "conf"),
    *("eml", "ics", "vcf", "diff", "patch", "pem", "crt"),
)

TEXT: Final = Kind("text", lambda _: False, dict.fromkeys(_TEXT_ENDINGS, "text/plain"))
KINDS: Final = (
    Kind(
        "PNG picture",
        _with(b"\x89PNG\r\n\x1a\n"),
        {"png": "image/png"},
        lambda head, tail, size: tail.endswith(b"IEND\xaeB\x60\x82"),
    ),
    Kind(
        "JPEG picture",
        _with(b"\xff\xd8\xff"),
        dict.fromkeys(("jpg", "jpeg"), "image/jpeg"),
        lambda head, tail, size: tail.endswith(b"\xff\xd9"),
    ),
    Kind(
        "GIF picture",
        _with(b"GIF87a", b"GIF89a"),
        {"gif": "image/gif"},
        lambda head, tail, size: tail.endswith(b"\x00;"),
    ),
    Kind("WebP picture", _riff(b"WEBP"), {"webp": "image/webp"}, _riff_whole),
    Kind("bitmap", _bitmap, {"bmp": "image/bmp"}),
    Kind("TIFF picture", _with(b"II*\x00", b"MM\x00*"), dict.fromkeys(("tif", "tiff"), "image/tiff")),
    Kind("HEIF picture", _brand(b"heic", b"heix", b"mif1"), dict.fromkeys(("heic", "heif"), "image/heif")),
    Kind("PDF document", _with(b"%PDF-"), {"pdf": "application/pdf"}),
    Kind("RTF document", _with(b"{\\rtf"), {"rtf": "application/rtf"}),
    Kind(
        "ZIP archive",
        _with(b"PK\x03\x04"),
        {
            "zip": "application/zip",
            "docx": f"{_OPENXML}.wordprocessingml.document",
            "xlsx": f"{_OPENXML}.spreadsheetml.sheet",
            "pptx": f"{_OPENXML}.presentationml.presentation",
            "vsdx": "application/vnd.ms-visio.drawing",
            "odt": f"{_OPENDOCUMENT}.text",
            "ods": f"{_OPENDOCUMENT}.spreadsheet",
            "odp": f"{_OPENDOCUMENT}.presentation",
        },
    ),
    Kind(
        "older Office document",
        _with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        {
            "doc": "application/msword",
            "xls": "application/vnd.ms-excel",
            "ppt": "application/vnd.ms-powerpoint",
            "msg": "application/vnd.ms-outlook",
            "vsd": "application/vnd.visio",
        },
    ),
    Kind("gzip archive", _with(b"\x1f\x8b\x08"), dict.fromkeys(("gz", "tgz"), "application/gzip")),
    Kind("7z archive", _with(b"7z\xbc\xaf\x27\x1c"), {"7z": "application/x-7z-compressed"}),
    Kind("MP4 film", _brand(b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V "), {"mp4": "video/mp4"}),
    Kind("QuickTime film", _brand(b"qt  "), {"mov": "video/quicktime"}),
    Kind("WebM film", _with(b"\x1a\x45\xdf\xa3"), {"webm": "video/webm"}),
    Kind("MP3 sound", _with(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), {"mp3": "audio/mpeg"}),
    Kind("WAV sound", _riff(b"WAVE"), {"wav": "audio/wav"}),
    Kind(
        "network trace",
        _with(b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x0a\x0d\x0d\x0a"),
        dict.fromkeys(("pcap", "pcapng"), "application/vnd.tcpdump.pcap"),
    ),
    Kind("Windows event log", _with(b"ElfFile\x00"), {"evtx": "application/octet-stream"}),
)
ALLOWED_EXTENSIONS: Final = tuple(sorted(ending for kind in (*KINDS, TEXT) for ending in kind.types))

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_BOMS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_NOT_ALLOWED: Final = ("not_allowed", "is of a kind that is not taken in, whatever its name says")
_IS_ACTIVE: Final = ("active", "is a page or a script: something that would be run. Put it in a .zip")

#: How text begins that a shell or a web server runs.
_RUNS = ("#!", "<?php", "<%", "@echo")
#: What makes of markup a page, a picture with scripts, or a document that becomes one.
_ACTIVE = re.compile(
    r"<!doctype\s+html|<(\w+:)?(html|head|body|script|iframe|object|embed|svg|link|meta)[\s/>]"
    r"|w3\.org/(1999/xhtml|2000/svg|1999/xsl)|<\?xml-stylesheet|<!entity"
)


@dataclass
class Judge:
    """Is shown an attachment piece by piece, and then says what it is. `name`: as it will be kept."""

    name: str
    _head: bytes = b""
    _tail: bytes = b""
    _size: int = 0
    _kind: Kind | None = None
    _text: TextJudge = field(default_factory=lambda: TextJudge())

    def see(self, piece: bytes) -> None:
        """The next bytes. The first piece is `HEAD_BYTES` long, or all there is."""
        if not self._size:
            self._head = piece[:HEAD_BYTES]
            self._kind = next((kind for kind in KINDS if kind.begins(self._head)), None)
        self._size += len(piece)
        self._tail = (self._tail + piece[-_TAIL_BYTES:])[-_TAIL_BYTES:]
        if self._kind is None:
            self._text.see(piece)

    def verdict(self, declared: str | None = None) -> Judged:
        """`declared`: the media type that its sender says. Raises Refused: `empty`, `not_allowed`, `active`,
        `other_name`, `other_type`.
        """
        if not self._size:
            raise Refused("empty", "is empty")
        if self._kind is None:
            self._text.check()
        kind = self._kind or TEXT
        ending = self.name.rpartition(".")[2].lower() if "." in self.name else ""
        if ending not in kind.types:
            endings = " or ".join(f".{each}" for each in kind.types)
            raise Refused("other_name", f"is a {kind.name}: its name must end with {endings}")
        type = kind.types[ending]
        said = (declared or "").partition(";")[0].strip().lower()
        if said and "image/" in (said[:6], type[:6]) and said not in (type, "application/octet-stream"):
            raise Refused("other_type", f"is a {kind.name}, and not {said}")
        return Judged(type, kind.whole(self._head, self._tail, self._size))


@dataclass
class TextJudge:
    """Whether bytes are text that nobody runs. A byte order mark says UTF-16; else no control character may
    be among them, in whatever encoding of bytes they are."""

    _decoder: codecs.IncrementalDecoder | None = None
    _begun: bool = False
    _markup: bool | None = None  # whether it begins with <; None while only blanks were seen
    _rest: str = ""
    _problem: Refused | None = None

    def see(self, piece: bytes, last: bool = False) -> None:
        if self._problem is not None:
            return
        try:
            self._look(self._decoded(piece, last))
        except UnicodeDecodeError:
            self._problem = Refused(*_NOT_ALLOWED)
        except Refused as refused:
            self._problem = refused

    def check(self) -> None:
        """Raises Refused. There is no more to see."""
        self.see(b"", last=True)
        if self._problem is not None:
            raise self._problem

    def _decoded(self, piece: bytes, last: bool) -> str:
        if not self._begun:
            self._begun = True
            if encoding := _BOMS.get(piece[:2]):
                self._decoder = codecs.getincrementaldecoder(encoding)()
                piece = piece[2:]
            else:
                piece = piece.removeprefix(codecs.BOM_UTF8)
        if self._decoder is None:
            if _CONTROL.search(piece):
                raise Refused(*_NOT_ALLOWED)
            return piece.decode("latin-1")
        text = self._decoder.decode(piece, last)
        if _CONTROL_TEXT.search(text):
            raise Refused(*_NOT_ALLOWED)
        return text

    def _look(self, text: str) -> None:
        if self._markup is None:
            text = text.lstrip()
            if not text:
                return
            self._markup = text.startswith("<")
            if text.lower().startswith(_RUNS):
                raise Refused(*_IS_ACTIVE)
        if self._markup:
            seen = (self._rest + text).lower()
            if _ACTIVE.search(seen):
                raise Refused(*_IS_ACTIVE)
            self._rest = seen[-_OVERLAP:]
