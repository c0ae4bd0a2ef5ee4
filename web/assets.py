"""Static files under addresses that change with their content, so that browsers keep them for ever."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """Hold one file."""

    name: str
    content: bytes
    mimetype: str
    digest: str

    @property
    def url(self) -> str:
        """Give its address."""
        return f"/assets/{self.digest}/{self.name}"


class Assets:
    """Read the static folder once, with the operator's accent and logo put in.

    Args:
        folder: the static folder.
        accent, accent_dark: colours ``#rrggbb``.
        logo: a file to serve as the logo, or None.
    """

    def __init__(self, folder: Path, accent: str, accent_dark: str, logo: Path | None = None) -> None:
        self._files: dict[str, Asset] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in {*_TYPES, ".png", ".ico", ".txt"} and path.name != "site.css":
                self._add(path.relative_to(folder).as_posix(), path.read_bytes())
        if logo:
            self._add(f"brand/logo{logo.suffix.lower()}", logo.read_bytes())
            self.logo: str | None = f"brand/logo{logo.suffix.lower()}"
        else:
            self.logo = None
        sheet = (folder / "site.css").read_text("utf-8")
        sheet = sheet.replace("--accent-light: #0f5f5c", f"--accent-light: {accent}")
        sheet = sheet.replace("--accent-dark: #7fd0c5", f"--accent-dark: {accent_dark}")
        for name, asset in list(self._files.items()):
            sheet = sheet.replace(f'url("{name}")', f'url("{asset.url}")')
        self._add("site.css", _minified(sheet).encode())

    def url(self, name: str) -> str:
        """Return a file's address.

        Raises:
            KeyError: when there is no such file.
        """
        return self._files[name].url

    def get(self, digest: str, name: str) -> Asset | None:
        """Return a file when its content is still the one that the address names."""
        asset = self._files.get(name)
        return asset if asset and asset.digest == digest else None

    def _add(self, name: str, content: bytes) -> None:
        mimetype = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        self._files[name] = Asset(name, content, mimetype, hashlib.sha256(content).hexdigest()[:12])


def _minified(sheet: str) -> str:
    """Drop comments and line breaks from our own style sheet. It holds no strings with either in them."""
    out, position = [], 0
    while (start := sheet.find("/*", position)) >= 0:
        out.append(sheet[position:start])
        position = sheet.index("*/", start) + 2
    out.append(sheet[position:])
    return "".join(line.strip() + (" " if line.strip().endswith(",") else "") for line in "".join(out).splitlines())
