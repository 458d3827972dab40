"""Logging in as HTTP has it, and RTSP after it: Basic (RFC 7617) and Digest (RFC 7616, MD5 and SHA-256). The client's side."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterable

_PARAMETER = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z]+)(?=\s*$|\s*,|\s+[\w-]+\s*=)")
_HASHES: dict[str, Callable[[bytes], hashlib._Hash]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "SHA-256": hashlib.sha256,
}


def answer(
    challenges: Iterable[str], method: str, uri: str, user: str, password: str, *, salt: str | None = None
) -> str | None:
    """The `Authorization` that meets the first of these challenges that can be met, Digest before Basic; None: none can.

    `salt`: the client's own nonce; random unless given.
    """
    basic = None
    for text in challenges:
        for scheme, parameters in _schemes(text):
            if scheme.lower() == "basic":
                basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
                continue
            told = {
                name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
                for name, quoted, plain in _PARAMETER.findall(parameters)
            }
            found = _digest(told, method, uri, user, password, salt or os.urandom(8).hex())
            if found is not None:
                return found
    return basic


def _schemes(text: str) -> Iterable[tuple[str, str]]:
    """Each scheme that a header offers, with its parameters: commas stand between both."""
    plain = _QUOTED.sub(lambda match: "x" * len(match[0]), text)
    found = list(_SCHEME.finditer(plain))
    ends = [match.start() for match in found[1:]] + [len(text)] * bool(found)
    return [(match[1], text[match.end() : end]) for match, end in zip(found, ends, strict=True)]


def _digest(told: dict[str, str], method: str, uri: str, user: str, password: str, salt: str) -> str | None:
    algorithm = told.get("algorithm", "MD5").upper()
    offered = [one.strip() for one in told.get("qop", "").split(",") if one.strip()]
    if algorithm not in _HASHES or "nonce" not in told or (offered and "auth" not in offered):
        return None

    def digest(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode()).hexdigest()

    realm, nonce = told.get("realm", ""), told["nonce"]
    secret, what = digest(user, realm, password), digest(method, uri)
    fields = [("username", user), ("realm", realm), ("nonce", nonce), ("uri", uri)]
    plain = []
    if offered:
        response = digest(secret, nonce, "00000001", salt, "auth", what)
        fields.append(("cnonce", salt))
        plain = ["qop=auth", "nc=00000001"]
    else:
        response = digest(secret, nonce, what)
    fields.append(("response", response))
    if "opaque" in told:
        fields.append(("opaque", told["opaque"]))
    if "algorithm" in told:
        plain.append(f"algorithm={told['algorithm']}")
    quoted = [f'{name}="{_quote(value)}"' for name, value in fields]
    return "Digest " + ", ".join([*quoted, *plain])


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
