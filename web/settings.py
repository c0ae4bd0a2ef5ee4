"""Settings: from the environment, else from ``settings.toml`` in the instance folder, else a default.

A value that cannot be taken stops the start with one line that names the setting and what it takes.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PLACE_PRESETS: dict[str, tuple[str, str | None]] = {
    "cloudflare": ("CF-IPCountry", "CF-Region-Code"),
    "cloudfront": ("CloudFront-Viewer-Country", "CloudFront-Viewer-Country-Region"),
    "fastly": ("Fastly-Geo-Country", "Fastly-Geo-Region"),
    "vercel": ("X-Vercel-IP-Country", "X-Vercel-IP-Country-Region"),
}
"""Headers per preset: the country's, and the one that holds the subdivision without its country."""


class BadSetting(SystemExit):
    """A setting has a value that cannot be taken.

    It ends the process with its text as the one line that the person at the console reads, from whichever
    command it was that started the site.
    """


@dataclass(frozen=True)
class Settings:
    """Hold every setting, checked. What each takes stands in docs/settings.md."""

    HOST: str
    PORT: int
    ENVIRONMENT: str
    INSTANCE_PATH: Path
    DATABASE_URL: str
    SECRET_KEYS: tuple[str, ...]
    SITE_ORIGIN: str
    SITE_NAME: str
    LOGO: Path | None
    ACCENT: str
    ACCENT_DARK: str
    CONTACT_EMAIL: str | None
    CONTACT_PHONE: str | None
    TERMS_URL: str | None
    CONTROLLER_NAME: str
    CONTROLLER_ADDRESS: str
    DPO: str | None
    EU_REPRESENTATIVE: str | None
    UK_REPRESENTATIVE: str | None
    ENCARREGADO: str | None
    QC_PERSON_IN_CHARGE: str | None
    TRUSTED_PROXIES: tuple[Network, ...]
    PLACE_HEADER: str | None
    DEV_PLACE: str | None
    MMDB_PATH: Path | None
    UNKNOWN_SUBDIVISION: str
    COOKIE_DOMAIN: str | None
    STAFF_ORIGIN: str | None
    SMTP_URL: str | None
    REDIS_URL: str | None
    RATE_LIMITS: str
    SECOND_PERSON: bool
    WORKERS: int
    THREADS: int
    LOG_LEVEL: str

    @property
    def secure(self) -> bool:
        """Say whether the site is served over https."""
        return self.SITE_ORIGIN.startswith("https:")

    @property
    def production(self) -> bool:
        """Say whether this is a production deployment."""
        return self.ENVIRONMENT == "production"

    @property
    def console_origin(self) -> str | None:
        """Give the origin at which the staff's console is served; None where it is served nowhere.

        On the site's own origin it is only where nobody else comes by: on loopback, while developing.
        """
        alone = not self.production and is_loopback(urlsplit(self.SITE_ORIGIN).hostname or "")
        return self.STAFF_ORIGIN or (self.SITE_ORIGIN if alone else None)

    def cookie_name(self, name: str) -> str:
        """Return the name of one of the site's own cookies, with the prefix that its transport allows."""
        if not self.secure:
            return name
        return f"__Secure-{name}" if self.COOKIE_DOMAIN else f"__Host-{name}"


def _text(value: str) -> str:
    if not value.strip() or len(value) > 500 or any(ord(c) < 32 for c in value):
        raise ValueError
    return value.strip()


def _port(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 65535:
        raise ValueError
    return number


def _count(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 128:
        raise ValueError
    return number


def _one_of(*words: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in words:
            raise ValueError
        return value

    return check


def _yes(value: str) -> bool:
    return _one_of("on", "off")(value) == "on"


def _origin(value: str) -> str:
    parts = urlsplit(value.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.username:
        raise ValueError
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError
    return value


def _networks(value: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())


def _keys(value: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in value.split(",") if part.strip())
    if not keys or any(len(key) < 16 for key in keys):
        raise ValueError
    return keys


def _place(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", value.upper()):
        raise ValueError
    return value.upper()


def _header(value: str) -> str:
    if value.lower() not in PLACE_PRESETS and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", value):
        raise ValueError
    return value


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError
    return value.lower()


def _file(value: str) -> Path:
    path = Path(value)
    if not path.is_file():
        raise ValueError
    return path


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,255}", value):
        raise ValueError
    return value


def _database(value: str) -> str:
    if not re.match(r"(sqlite:///|postgresql(\+psycopg)?://|postgres://)", value):
        raise ValueError
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)


def _smtp(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError
    if parts.port == 0:  # What is no port at all raises by itself.
        raise ValueError
    return value


def _redis(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
        raise ValueError
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", value):
        raise ValueError
    return value


_TAKES: dict[str, tuple[Callable[[str], Any], str, Any]] = {
    "HOST": (_text, "an address to listen on, such as 127.0.0.1", "127.0.0.1"),
    "PORT": (_port, "a whole number from 1 to 65535", "8000"),
    "ENVIRONMENT": (_one_of("development", "production"), "development or production", None),
    "DATABASE_URL": (_database, "a sqlite:/// or postgresql:// address", None),
    "SECRET_KEYS": (_keys, "keys of 16 characters or more, newest first, parted by commas", None),
    "SITE_ORIGIN": (_origin, "an origin such as https://privacy.example.com", None),
    "SITE_NAME": (_text, "a short name", "Softermii"),
    "LOGO": (_file, "the path of an SVG or PNG file", None),
    "ACCENT": (_colour, "a colour such as #1f5f5b", "#0f5f5c"),
    "ACCENT_DARK": (_colour, "a colour such as #7fd1c7", "#7fd0c5"),
    "CONTACT_EMAIL": (_email, "an e-mail address", None),
    "CONTACT_PHONE": (_text, "a telephone number", None),
    "TERMS_URL": (_url, "an http(s) address", None),
    "CONTROLLER_NAME": (_text, "the controller's legal name", "Softermii Inc."),
    "CONTROLLER_ADDRESS": (_text, "a postal address", "10828 Fruitland Dr, Studio City, CA 91604, USA"),
    "DPO": (_text, "a name and address", None),
    "EU_REPRESENTATIVE": (_text, "a name and address", None),
    "UK_REPRESENTATIVE": (_text, "a name and address", None),
    "ENCARREGADO": (_text, "a name and address", None),
    "QC_PERSON_IN_CHARGE": (_text, "a name and address", None),
    "TRUSTED_PROXIES": (_networks, "networks such as 10.0.0.0/8, parted by commas", ""),
    "PLACE_HEADER": (_header, "a header's name, or one of " + ", ".join(PLACE_PRESETS), None),
    "DEV_PLACE": (_place, "a place such as DE or US-CA", None),
    "MMDB_PATH": (_file, "the path of a MaxMind DB file", None),
    "UNKNOWN_SUBDIVISION": (_one_of("strictest", "country"), "strictest or country", "strictest"),
    "COOKIE_DOMAIN": (_domain, "a domain such as example.com", None),
    "STAFF_ORIGIN": (_origin, "an origin such as https://staff.example.com, on a host of its own", None),
    "SMTP_URL": (_smtp, "an address such as smtp://user:password@mail.example.com:587", None),
    "REDIS_URL": (_redis, "an address such as redis://127.0.0.1:6379/0", None),
    "RATE_LIMITS": (_one_of("on", "off"), "on, or off for benchmarks", "on"),
    "SECOND_PERSON": (_yes, "on or off", "off"),
    "WORKERS": (_count, "a whole number from 1 to 128", "2"),
    "THREADS": (_count, "a whole number from 1 to 128", "8"),
    "LOG_LEVEL": (_one_of("debug", "info", "warning", "error"), "debug, info, warning or error", "info"),
}

_SECRET = ("DATABASE_URL", "SECRET_KEYS", "SMTP_URL", "REDIS_URL")

UNSET_MATTERS = (
    "CONTACT_EMAIL",
    "DPO",
    "EU_REPRESENTATIVE",
    "UK_REPRESENTATIVE",
    "ENCARREGADO",
    "QC_PERSON_IN_CHARGE",
    "TERMS_URL",
)
"""What laws want named: a start-up line names those that are missing; nothing is invented for them."""


def names() -> tuple[str, ...]:
    """Return the names of all settings."""
    return tuple(field.name for field in fields(Settings))


def takes(name: str) -> str:
    """Return in words what a setting takes."""
    return "a folder" if name == "INSTANCE_PATH" else _TAKES[name][1]


def load(environ: Mapping[str, str] | None = None, **overrides: str) -> Settings:
    """Read the settings.

    Args:
        environ: the process environment, or a stand-in.
        overrides: values that come before both sources.

    Raises:
        BadSetting: on the first value that cannot be taken.
    """
    env = dict(os.environ if environ is None else environ) | overrides
    instance = Path(env.get("INSTANCE_PATH") or Path(__file__).parents[1] / "instance").absolute()
    merged = _file_values(instance) | {name: env[name] for name in _TAKES if env.get(name, "") != ""}
    values: dict[str, Any] = {"INSTANCE_PATH": instance}
    for name, (parse, what, default) in _TAKES.items():
        given = merged.get(name, default)
        try:
            values[name] = None if given is None else parse(given)
        except (ValueError, TypeError) as error:
            shown = name if name in _SECRET else f"{name}={given!r}"
            raise BadSetting(f"{shown} cannot be taken: it takes {what}.") from error
    _derive(values, instance)
    settings = Settings(**values)
    _check_together(settings)
    return settings


def _file_values(instance: Path) -> dict[str, str]:
    path = instance / "settings.toml"
    if not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path} is not valid TOML: {error}.") from error
    for name in document:
        if name not in _TAKES:
            raise BadSetting(f"{path} names {name}, which is no setting: see docs/settings.md.")
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in document.items()
    }


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _derive(values: dict[str, Any], instance: Path) -> None:
    loopback = is_loopback(values["HOST"])
    values["ENVIRONMENT"] = values["ENVIRONMENT"] or ("development" if loopback else "production")
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{instance / 'site.db'}"
    if values["SITE_ORIGIN"] is None:
        host = f"[{values['HOST']}]" if ":" in values["HOST"] else values["HOST"]
        values["SITE_ORIGIN"] = f"http://{host}:{values['PORT']}"
    values["SECRET_KEYS"] = values["SECRET_KEYS"] or _stored_keys(instance)


def _stored_keys(instance: Path) -> tuple[str, ...]:
    path = instance / "secret_keys"
    if not path.exists():
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = path.with_name(f".secret_keys.{secrets.token_hex(4)}")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
        try:
            os.link(scratch, path)  # Of two workers that start at once, one's keys win, whole.
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    try:
        return _keys(path.read_text("utf-8").replace("\n", ","))
    except ValueError as error:
        raise BadSetting(f"{path} cannot be taken: it takes one key of 16 characters or more a line.") from error


def _check_together(settings: Settings) -> None:
    if settings.production:
        if settings.DEV_PLACE:
            raise BadSetting("DEV_PLACE cannot be taken in production: it takes a place while trying out only.")
        if not settings.secure:
            raise BadSetting("SITE_ORIGIN cannot be taken in production: it takes an https:// origin.")
        if settings.STAFF_ORIGIN and not settings.STAFF_ORIGIN.startswith("https:"):
            raise BadSetting("STAFF_ORIGIN cannot be taken in production: it takes an https:// origin.")
    if settings.STAFF_ORIGIN and urlsplit(settings.STAFF_ORIGIN).hostname == urlsplit(settings.SITE_ORIGIN).hostname:
        # Cookies know no ports: only another host keeps the staff's session away from what visitors' pages load.
        raise BadSetting("STAFF_ORIGIN cannot be taken: it takes a host other than SITE_ORIGIN's.")
    if settings.COOKIE_DOMAIN:
        host = urlsplit(settings.SITE_ORIGIN).hostname or ""
        if not (settings.secure and (host == settings.COOKIE_DOMAIN or host.endswith("." + settings.COOKIE_DOMAIN))):
            raise BadSetting("COOKIE_DOMAIN cannot be taken: it takes a parent domain of an https SITE_ORIGIN.")
    if settings.PLACE_HEADER and not settings.TRUSTED_PROXIES:
        raise BadSetting("PLACE_HEADER cannot be taken alone: it takes TRUSTED_PROXIES that set it.")
    for name, paper in (("ACCENT", "#fcfbf8"), ("ACCENT_DARK", "#16171a")):
        ratio = contrast(getattr(settings, name), paper)
        if ratio < 4.5:
            raise BadSetting(
                f"{name} cannot be taken: it takes a colour with contrast 4.5:1 on {paper}; this has {ratio:.1f}:1."
            )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours ``#rrggbb`` (WCAG 2.2, relative luminance)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
