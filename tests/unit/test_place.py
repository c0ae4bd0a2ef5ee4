"""Where a visitor is: from a proxy that is trusted, else from a database, else unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from rulebook import PROPERTY

from privacy.jurisdictions import UNKNOWN, Place
from web.place import PlaceFinder, parse_address
from web.settings import PLACE_PRESETS, load

PROXY = "10.0.0.1"
PUBLIC = "8.8.8.8"


@pytest.fixture
def finder(tmp_path: Path) -> Any:
    """Give a function that makes finders."""

    def make(**settings: str) -> PlaceFinder:
        return PlaceFinder(load({"INSTANCE_PATH": str(tmp_path), "SECRET_KEYS": "k" * 16}, **settings))

    return make


def request(remote: str = PROXY, **headers: str) -> dict[str, str]:
    """Return the environ of a request."""
    return {"REMOTE_ADDR": remote} | {f"HTTP_{name.upper()}": value for name, value in headers.items()}


BEHIND = {"TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32"}

PRESETS = [
    ("cloudflare", {"cf_ipcountry": "US", "cf_region_code": "CA"}, "US-CA"),
    ("Cloudflare", {"cf_ipcountry": "de"}, "DE"),
    ("cloudflare", {"cf_ipcountry": "XX"}, ""),
    ("cloudflare", {"cf_ipcountry": "T1"}, ""),
    ("cloudfront", {"cloudfront_viewer_country": "CA", "cloudfront_viewer_country_region": "QC"}, "CA-QC"),
    ("fastly", {"fastly_geo_country": "US", "fastly_geo_region": "CA"}, "US-CA"),
    ("vercel", {"x_vercel_ip_country": "BR", "x_vercel_ip_country_region": "SP"}, "BR-SP"),
    ("vercel", {"x_vercel_ip_country": "US", "x_vercel_ip_country_region": "US-NY"}, "US-NY"),
    ("X-Country", {"x_country": "US-CA"}, "US-CA"),
    ("X-Country", {"x_country": " gb "}, "GB"),
    ("X-Country", {"x_country": "GB-ENG"}, "GB-ENG"),
    ("X-Country", {"x_country": "EU"}, ""),
    ("X-Country", {"x_country": "ZZ"}, ""),
    ("X-Country", {"x_country": "Germany"}, ""),
    ("X-Country", {"x_country": "DE-<script>"}, "DE"),
    ("X-Country", {"x_country": "DE,US"}, ""),
    ("X-Country", {"x_country": "\xff"}, ""),
]


@pytest.mark.parametrize(("header", "sent", "code"), PRESETS)
def test_a_trusted_proxy_says_where(finder: Any, header: str, sent: dict[str, str], code: str) -> None:
    place = finder(PLACE_HEADER=header, **BEHIND).find(request(**sent))
    assert (place.code, place.source) == (code, "proxy")


@pytest.mark.parametrize("preset", PLACE_PRESETS)
def test_anybody_else_who_sends_the_header_is_not_believed(finder: Any, preset: str) -> None:
    country, region = PLACE_PRESETS[preset]
    names = {country.lower().replace("-", "_"): "JP", str(region).lower().replace("-", "_"): "13"}
    found = finder(PLACE_HEADER=preset, **BEHIND)
    for remote in ("192.168.0.9", "11.0.0.1", "127.0.0.1", "", "unix:"):
        place = found.find(request(remote, **names))
        assert (place.country, place.source) != ("JP", "proxy"), f"{remote!r} is no configured proxy"
        assert place.country in (None, "US"), "only the address itself can speak"


def test_the_header_of_another_service_says_nothing(finder: Any) -> None:
    found = finder(PLACE_HEADER="fastly", **BEHIND)
    assert found.find(request(cf_ipcountry="US", x_country="DE")) == UNKNOWN


def test_without_a_header_the_address_that_the_proxy_forwards_is_looked_up(finder: Any) -> None:
    found = finder(**BEHIND)
    assert found.find(request(x_forwarded_for=PUBLIC)) == Place("US", None, "embedded")
    assert found.find(request("192.168.0.9", x_forwarded_for=PUBLIC)) == UNKNOWN, "forwarded by nobody we know"


FORWARDED = [
    # X-Forwarded-For, the client
    ("8.8.8.8", "8.8.8.8"),
    ("1.2.3.4, 8.8.8.8", "8.8.8.8"),
    ("8.8.8.8, 10.0.0.7", "8.8.8.8"),
    ("6.6.6.6, 8.8.8.8, 10.0.0.7, 10.0.0.8", "8.8.8.8"),
    ("8.8.8.8, 2001:db8::7", "8.8.8.8"),
    ("::ffff:8.8.8.8", "8.8.8.8"),
    ("8.8.8.8, nonsense", PROXY),
    ("nonsense, 8.8.8.8", "8.8.8.8"),
    ("10.0.0.7", PROXY),
    ("", PROXY),
    (",,,", PROXY),
    ("8.8.8.8:1234", PROXY),
    ("unknown", PROXY),
]


@pytest.mark.parametrize(("header", "client"), FORWARDED)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(finder: Any, header: str, client: str) -> None:
    # What stands further left was sent by the client itself, and can be anything.
    assert finder(**BEHIND).client(request(x_forwarded_for=header)) == client


def test_without_proxies_nobody_forwards(finder: Any) -> None:
    found = finder()
    assert not found.trusts(PROXY)
    assert found.client(request(PUBLIC, x_forwarded_for="1.2.3.4")) == PUBLIC


def test_a_proxy_that_connects_over_a_mapped_address_is_the_same_proxy(finder: Any) -> None:
    assert finder(**BEHIND).trusts("::ffff:10.0.0.1")


LOCAL = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "192.168.1.1",
    "172.16.0.1",
    "169.254.1.1",
    "100.64.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "::ffff:192.168.1.1",
    "0.0.0.0",
    "::",
    "192.0.2.1",
    "2001:db8::1",
    "",
    "not an address",
    "8.8.8.8.8",
    "8.8.8",
    "\udcff",
]


@pytest.mark.parametrize("address", LOCAL)
def test_an_address_of_no_place_is_unknown_and_so_the_strictest(finder: Any, address: str) -> None:
    assert finder().find(request(address)) == UNKNOWN


def test_the_embedded_data_knows_countries(finder: Any) -> None:
    found = finder()
    assert found.find(request(PUBLIC)) == Place("US", None, "embedded")
    assert found.find(request("::ffff:8.8.8.8")) == Place("US", None, "embedded")
    assert found.find(request("2001:4860:4860::8888")).country == "US"
    assert found.find(request("193.0.6.139")).source == "embedded"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8.8.8.8", "8.8.8.8"),
        (" 8.8.8.8 ", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("fe80::1%lo", "fe80::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("08.8.8.8", None),
        ("x", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_read_in_one_spelling(text: str | None, address: str | None) -> None:
    found = parse_address(text)
    assert (str(found) if found else None) == address


@pytest.mark.parametrize(
    ("setting", "place"), [("BR", Place("BR", None, "setting")), ("us-ca", Place("US", "US-CA", "setting"))]
)
def test_a_place_for_trying_out_comes_before_everything(finder: Any, setting: str, place: Place) -> None:
    found = finder(DEV_PLACE=setting, PLACE_HEADER="X-Country", **BEHIND)
    assert found.find(request(x_country="DE")) == place
    assert found.find(request(PUBLIC)) == place


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Write an operator's database."""
    writer = MMDBWriter(4, "Test-City", languages=["en"])
    records: dict[str, Any] = {
        "5.1.0.0/16": {"country": {"iso_code": "DE"}},
        "5.2.0.0/16": {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}, {"iso_code": "XX"}]},
        "5.3.0.0/16": {"country_code": "GB"},
        "5.4.0.0/16": {"country": {"names": {"en": "Nowhere"}}},
        "5.5.0.0/16": {"country": {"iso_code": "US"}, "subdivisions": [{"names": {"en": "Somewhere"}}]},
        "5.6.0.0/16": {"country": "DE", "country_code": "DE"},
        "5.7.0.0/16": {"registered_country": {"iso_code": "FR"}},
        "5.8.0.0/16": {"country": {"iso_code": "XX"}},
        "5.9.0.0/16": {"country": {"iso_code": "US"}, "subdivisions": ["CA"]},
    }
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    path = tmp_path / "city.mmdb"
    writer.to_db_file(str(path))
    return str(path)


RECORDS = [
    ("5.1.2.3", "DE", "database"),
    ("5.2.2.3", "US-CA", "database"),
    ("5.3.2.3", "GB", "database"),
    ("5.4.2.3", "", "unknown"),
    ("5.5.2.3", "US", "database"),
    ("5.6.2.3", "DE", "database"),
    ("5.7.2.3", "", "unknown"),
    ("5.8.2.3", "", "database"),
    ("5.9.2.3", "US", "database"),
    (PUBLIC, "", "unknown"),
    ("2001:4860:4860::8888", "", "unknown"),
    ("::ffff:5.2.2.3", "US-CA", "database"),
    ("192.168.0.1", "", "unknown"),
]


@pytest.mark.parametrize(("address", "code", "source"), RECORDS)
def test_the_operator_s_own_database_comes_before_the_embedded_one(
    finder: Any, database: str, address: str, code: str, source: str
) -> None:
    place = finder(MMDB_PATH=database).find(request(address))
    assert (place.code, place.source) == (code, source)


def test_a_proxy_s_word_comes_before_the_database(finder: Any, database: str) -> None:
    found = finder(MMDB_PATH=database, PLACE_HEADER="X-Country", **BEHIND)
    assert found.find(request(x_country="BR", x_forwarded_for="5.1.2.3")).code == "BR"
    assert found.find(request(x_forwarded_for="5.1.2.3")).code == "DE", "a header that is missing is no place"


@PROPERTY
@given(
    st.text() | st.ip_addresses().map(str),
    st.text() | st.lists(st.ip_addresses().map(str)).map(", ".join),
    st.text(),
    st.text(),
)
def test_any_request_has_a_place(remote: str, forwarded: str, country: str, region: str) -> None:
    found = PlaceFinder(TRYING)
    for peer in (remote, PROXY):
        place = found.find(request(peer, x_forwarded_for=forwarded, cf_ipcountry=country, cf_region_code=region))
        assert place.country is None or (len(place.country) == 2 and place.country.isascii())
        assert place.subdivision is None or place.subdivision.startswith(f"{place.country}-")


TRYING = load(
    {"INSTANCE_PATH": "/nonexistent", "SECRET_KEYS": "k" * 16}, PLACE_HEADER="cloudflare", TRUSTED_PROXIES="10.0.0.0/8"
)
