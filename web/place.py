"""Find where a request comes from: a trusted proxy's header, else a local database, else unknown."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import iptocc
import maxminddb

from privacy.jurisdictions import UNKNOWN, Place
from web.settings import PLACE_PRESETS, Network, Settings

_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_SUBDIVISION = re.compile(r"[A-Z0-9]{1,3}\Z")
_NO_COUNTRY = frozenset({"XX", "T1", "ZZ", "EU", "AP", "A1", "A2"})
"""What services answer where they know no country: unknown, a Tor exit, or a continent."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str | None) -> Address | None:
    """Return an address, unwrapped from IPv4-mapped IPv6, or None."""
    try:
        address = ipaddress.ip_address((text or "").strip().split("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


class PlaceFinder:
    """Find places for requests, by the operator's settings."""

    def __init__(self, settings: Settings) -> None:
        self._proxies = settings.TRUSTED_PROXIES
        self._fixed = _place(settings.DEV_PLACE, None, "setting") if settings.DEV_PLACE else None
        country, region = PLACE_PRESETS.get((settings.PLACE_HEADER or "").lower(), (settings.PLACE_HEADER, None))
        self._country_key = _environ_key(country)
        self._region_key = _environ_key(region)
        self._database = maxminddb.open_database(str(settings.MMDB_PATH)) if settings.MMDB_PATH else None
        self.of_address: Callable[[str], Place] = lru_cache(maxsize=4096)(self._look_up)
        self._is_proxy: Callable[[str | None], bool] = lru_cache(maxsize=1024)(
            lambda remote: _within(parse_address(remote), self._proxies)
        )

    def trusts(self, remote: str | None) -> bool:
        """Say whether a peer is a configured proxy."""
        return bool(self._proxies) and self._is_proxy(remote)

    def client(self, environ: Mapping[str, Any]) -> str:
        """Return the address of the client: the last that no trusted proxy has, from right to left."""
        remote = str(environ.get("REMOTE_ADDR") or "")
        if not self.trusts(remote):
            return remote
        for hop in reversed(str(environ.get("HTTP_X_FORWARDED_FOR") or "").split(",")):
            address = parse_address(hop)
            if address is None:
                break
            if not _within(address, self._proxies):
                return str(address)
        return remote

    def find(self, environ: Mapping[str, Any]) -> Place:
        """Return the place of a request. Never raises: what cannot be read is unknown."""
        if self._fixed:
            return self._fixed
        if self._country_key and self.trusts(environ.get("REMOTE_ADDR")):
            country = environ.get(self._country_key)
            if country:
                region = environ.get(self._region_key) if self._region_key else None
                return _place(str(country), str(region) if region else None, "proxy")
        return self.of_address(self.client(environ))

    def _look_up(self, text: str) -> Place:
        address = parse_address(text)
        if address is None or not address.is_global:
            return UNKNOWN
        if self._database is not None:
            try:
                found = self._database.get(str(address))
            except (ValueError, maxminddb.InvalidDatabaseError):
                return UNKNOWN
            return _from_record(found)
        try:
            code = iptocc.country_code(str(address))
        except Exception:
            return UNKNOWN
        return _place(code, None, "embedded") if code else UNKNOWN


def _environ_key(header: str | None) -> str | None:
    return "HTTP_" + header.upper().replace("-", "_") if header else None


def _within(address: Address | None, networks: tuple[Network, ...]) -> bool:
    return address is not None and any(address.version == n.version and address in n for n in networks)


def _place(country: str, region: str | None, source: str) -> Place:
    head, _, tail = country.strip().upper().partition("-")
    region = (region or "").strip().upper().rpartition("-")[2] or tail
    if not _COUNTRY.match(head) or head in _NO_COUNTRY:
        return Place(source=source)
    subdivision = f"{head}-{region}" if _SUBDIVISION.match(region) else None
    return Place(head, subdivision, source)


def _from_record(record: Any) -> Place:
    if not isinstance(record, dict):
        return UNKNOWN
    # Two shapes are common: nested as in GeoIP2, and flat, with the code under either name.
    country = record.get("country") or record.get("country_code")
    code = country.get("iso_code") if isinstance(country, dict) else country
    if not isinstance(code, str):
        return UNKNOWN
    subdivisions = record.get("subdivisions") or [{}]
    region = subdivisions[0].get("iso_code") if isinstance(subdivisions[0], dict) else None
    return _place(code, region if isinstance(region, str) else None, "database")
