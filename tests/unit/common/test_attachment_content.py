"""What an attachment is, is told by its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.attachments.content import ALLOWED_EXTENSIONS, KINDS, TEXT, Judge, Judged, Refused

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20) + b"\x00\x00\x00\x00IEND\xaeB\x60\x82"
JPEG = b"\xff\xd8\xff\xe0" + bytes(20) + b"\xff\xd9"
GIF = b"GIF89a" + bytes(20) + b"\x00;"
WEBP = b"RIFF" + (20).to_bytes(4, "little") + b"WEBP" + bytes(16)
ZIP = b"PK\x03\x04" + bytes(30)
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script>"


def judged(name: str, content: bytes, declared: str | None = None, step: int = 1024) -> Judged:
    judge = Judge(name)
    for at in range(0, len(content), step):
        judge.see(content[at : at + step])
    return judge.verdict(declared)


def refusal(name: str, content: bytes, declared: str | None = None, step: int = 1024) -> str:
    with pytest.raises(Refused) as refused:
        judged(name, content, declared, step)
    return refused.value.code


@pytest.mark.parametrize(
    ("name", "content", "type"),
    [
        ("a.png", PNG, "image/png"),
        ("a.JPG", JPEG, "image/jpeg"),
        ("a.gif", GIF, "image/gif"),
        ("a.webp", WEBP, "image/webp"),
        ("a.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("a.zip", ZIP, "application/zip"),
        ("a.docx", ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.log", b"12:00 \x1b[31mfailed\x1b[0m\r\n", "text/plain"),
        ("a.txt", "café".encode(), "text/plain"),
        ("a.txt", "café".encode("latin-1"), "text/plain"),
        ("a.csv", "\ufeffa;b".encode("utf-16-le"), "text/plain"),
        ("a.xml", b"<?xml version='1.0'?><order id='1'/>", "text/plain"),
        ("a.md", b"Use <b>this</b> and `<script>` with care", "text/plain"),
    ],
)
def test_each_kind_has_its_type(name: str, content: bytes, type: str) -> None:
    assert judged(name, content).type == type


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x7fELF\x02\x01\x01\x00",
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34",
        b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
        b"L\x00\x00\x00\x01\x14\x02\x00",
        b"text with a \x00 in it",
        b"\xff\xfeodd",
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.png", "a.pdf", "a.exe", "a"])
def test_programs_and_unknown_bytes_come_in_under_no_name(name: str, content: bytes) -> None:
    assert refusal(name, content) == "not_allowed"


@pytest.mark.parametrize("name", ["a.txt", "a.xml", "a.log", "a.html", "a.svg"])
@pytest.mark.parametrize(
    "content",
    [
        HTML,
        b"  \r\n\t" + HTML,
        b"\xef\xbb\xbf" + HTML,
        b"<" + b"x" * 3000 + b">" + HTML,
        "\ufeff<script>1</script>".encode("utf-16-le"),
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?xml version='1.0'?><a xmlns='http://www.w3.org/1999/xhtml'><b/></a>",
        b"<?xml-stylesheet href='a.xsl'?><a/>",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"#!/bin/sh\nrm -rf /",
        b"<?php system($_GET[0]);",
        b"@echo off\r\ndel *",
    ],
)
def test_pages_and_scripts_come_in_under_no_name(name: str, content: bytes) -> None:
    assert refusal(name, content) == "active"


@given(st.integers(1, 70))
def test_what_is_active_is_seen_wherever_pieces_end(step: int) -> None:
    assert refusal("a.xml", b"<note>" + b"a" * 50 + b"<script src='x'>", step=step) == "active"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PNG),
        ("a.png", JPEG),
        ("a.jar", ZIP),
        ("a.docm", ZIP),
        ("a.png.exe", PNG),
        ("a", PNG),
        ("png", PNG),
        ("a.hta", b"plain"),
        ("a.js", b"plain"),
        ("a.png", b"plain"),
    ],
)
def test_a_name_must_end_as_the_kind_does(name: str, content: bytes) -> None:
    assert refusal(name, content) == "other_name"


def test_a_picture_is_what_it_is_said_to_be() -> None:
    assert refusal("a.png", PNG, "image/jpeg") == "other_type"
    assert refusal("a.png", PNG, "text/html") == "other_type"
    assert refusal("a.txt", b"plain", "image/png") == "other_type"
    for said in (None, "", "image/png", "IMAGE/PNG; a=b", "application/octet-stream"):
        assert judged("a.png", PNG, said).displayable
    assert judged("a.log", b"plain", "application/x-log").type == "text/plain"


@pytest.mark.parametrize(
    ("name", "content"), [("a.png", PNG), ("a.gif", GIF), ("a.webp", WEBP), ("a.jpg", JPEG)]
)
def test_a_picture_with_something_behind_its_end_is_not_displayed(name: str, content: bytes) -> None:
    assert judged(name, content).displayable
    assert not judged(name, content + ZIP).displayable


def test_only_pictures_are_displayed() -> None:
    for name, content in (
        ("a.pdf", b"%PDF-1.7"),
        ("a.txt", b"plain"),
        ("a.zip", ZIP),
        ("a.bmp", b"BM1234\0\0\0\0\x36\0\0\0"),
    ):
        assert not judged(name, content).displayable


def test_nothing_is_refused() -> None:
    assert refusal("a.txt", b"") == "empty"


@given(st.binary(max_size=200), st.sampled_from(ALLOWED_EXTENSIONS))
def test_whatever_is_taken_in_is_served_as_something_allowed(content: bytes, ending: str) -> None:
    try:
        type = judged(f"a.{ending}", content).type
    except Refused:
        return
    assert type in {type for kind in (*KINDS, TEXT) for type in kind.types.values()}
    assert not any(active in type for active in ("html", "svg", "javascript"))
