"""Each setting is checked at start; a bad one stops it with one line that says what it takes."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path

import pytest

from web.settings import UNSET_MATTERS, BadSetting, Settings, contrast, load, names, takes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def settings(folder: Path, **values: str) -> Settings:
    """Read settings from values alone, not from this machine's environment."""
    return load({"INSTANCE_PATH": str(folder)}, **values)


def refused(folder: Path, **values: str) -> str:
    """Return the one line with which the start is refused."""
    with pytest.raises(BadSetting) as caught:
        settings(folder, **values)
    line = str(caught.value)
    assert "\n" not in line, f"a person at a console reads one line: {line!r}"
    return line


HTTPS = {"SITE_ORIGIN": "https://privacy.example.com"}

BAD = [
    ("HOST", " "),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("PORT", "http"),
    ("PORT", "80.5"),
    ("ENVIRONMENT", "staging"),
    ("ENVIRONMENT", "Production"),
    ("DATABASE_URL", "mysql://localhost/x"),
    ("DATABASE_URL", "instance/site.db"),
    ("SECRET_KEYS", "short"),
    ("SECRET_KEYS", ","),
    ("SECRET_KEYS", "long enough to be a key,short"),
    ("SITE_ORIGIN", "privacy.example.com"),
    ("SITE_ORIGIN", "ftp://privacy.example.com"),
    ("SITE_ORIGIN", "https://"),
    ("SITE_ORIGIN", "https://privacy.example.com/path"),
    ("SITE_ORIGIN", "https://privacy.example.com?x=1"),
    ("SITE_ORIGIN", "https://user@privacy.example.com"),
    ("SITE_ORIGIN", "https://[::1"),
    ("SITE_NAME", "x" * 501),
    ("SITE_NAME", "two\nlines"),
    ("LOGO", "/nowhere/logo.svg"),
    ("ACCENT", "teal"),
    ("ACCENT", "#fff"),
    ("ACCENT", "#ffffff;"),
    ("ACCENT", "#ffff00"),
    ("ACCENT_DARK", "#000000"),
    ("CONTACT_EMAIL", "nobody"),
    ("CONTACT_EMAIL", "a@b@c"),
    ("CONTACT_EMAIL", "a b@example.com"),
    ("CONTACT_EMAIL", "<a@example.com>"),
    ("TERMS_URL", "/terms"),
    ("TERMS_URL", "javascript:alert(1)"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("TRUSTED_PROXIES", "everybody"),
    ("PLACE_HEADER", "X Country"),
    ("PLACE_HEADER", "X-Country:"),
    ("PLACE_HEADER", "cloudflare"),
    ("DEV_PLACE", "Germany"),
    ("DEV_PLACE", "US_CA"),
    ("DEV_PLACE", "D"),
    ("MMDB_PATH", "/nowhere/city.mmdb"),
    ("UNKNOWN_SUBDIVISION", "loosest"),
    ("COOKIE_DOMAIN", "localhost"),
    ("COOKIE_DOMAIN", ".example.com"),
    ("COOKIE_DOMAIN", "example.com"),
    ("WORKERS", "0"),
    ("WORKERS", "129"),
    ("WORKERS", "many"),
    ("THREADS", "0"),
    ("THREADS", "8.0"),
    ("LOG_LEVEL", "loud"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_value_that_cannot_be_taken_is_named_with_what_it_takes(folder: Path, name: str, value: str) -> None:
    line = refused(folder, **{name: value})
    assert line.startswith(name)
    assert "it takes " in line


def test_a_bad_setting_ends_the_process_with_its_line() -> None:
    assert issubclass(BadSetting, SystemExit)
    assert BadSetting("PORT").code == "PORT", "Python prints it on stderr and ends with status 1"


def test_every_setting_says_in_words_what_it_takes() -> None:
    for name in names():
        assert takes(name), f"{name} takes something that nobody has put in words"
    assert set(UNSET_MATTERS) <= set(names())


def test_without_anything_the_site_runs_on_loopback_for_trying_out(folder: Path) -> None:
    made = settings(folder)
    assert (made.HOST, made.PORT) == ("127.0.0.1", 8000)
    assert made.ENVIRONMENT == "development"
    assert made.SITE_ORIGIN == "http://127.0.0.1:8000"
    assert f"sqlite:///{folder / 'site.db'}" == made.DATABASE_URL
    assert made.UNKNOWN_SUBDIVISION == "strictest"
    assert made.TRUSTED_PROXIES == ()
    assert made.CONTACT_EMAIL is None, "nothing is invented"
    assert not made.secure
    assert not made.production


def test_what_an_earlier_shell_exported_empty_counts_as_unset(folder: Path) -> None:
    assert settings(folder, PORT="", DEV_PLACE="").PORT == 8000


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_loopback_is_development(folder: Path, host: str) -> None:
    assert settings(folder, HOST=host).ENVIRONMENT == "development"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "privacy.example.com"])
def test_every_other_host_is_production_and_asks_for_https(folder: Path, host: str) -> None:
    assert refused(folder, HOST=host).startswith("SITE_ORIGIN")
    assert settings(folder, HOST=host, **HTTPS).production
    assert settings(folder, HOST=host, ENVIRONMENT="development").ENVIRONMENT == "development"


def test_production_refuses_http(folder: Path) -> None:
    line = refused(folder, ENVIRONMENT="production", SITE_ORIGIN="http://privacy.example.com")
    assert line == "SITE_ORIGIN cannot be taken in production: it takes an https:// origin."


def test_production_refuses_a_place_for_trying_out(folder: Path) -> None:
    assert settings(folder, DEV_PLACE="br").DEV_PLACE == "BR"
    line = refused(folder, ENVIRONMENT="production", DEV_PLACE="BR", **HTTPS)
    assert line.startswith("DEV_PLACE cannot be taken in production")


def test_an_address_of_ipv6_stands_in_brackets(folder: Path) -> None:
    assert settings(folder, HOST="::1", PORT="9").SITE_ORIGIN == "http://[::1]:9"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://privacy.example.com/", "https://privacy.example.com"),
        ("https://Privacy.Example.com", "https://privacy.example.com"),
        ("https://privacy.example.com:8443", "https://privacy.example.com:8443"),
    ],
)
def test_an_origin_is_kept_in_one_spelling(folder: Path, given: str, kept: str) -> None:
    assert kept == settings(folder, SITE_ORIGIN=given).SITE_ORIGIN


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_a_database_is_reached_by_the_driver_that_is_installed(folder: Path, given: str, kept: str) -> None:
    assert kept == settings(folder, DATABASE_URL=given).DATABASE_URL


@pytest.mark.parametrize(
    ("origin", "domain", "name"),
    [
        ("http://127.0.0.1:8000", None, "choice"),
        ("https://privacy.example.com", None, "__Host-choice"),
        ("https://privacy.example.com", "example.com", "__Secure-choice"),
        ("https://example.com", "example.com", "__Secure-choice"),
    ],
)
def test_a_cookie_has_the_prefix_that_its_transport_allows(
    folder: Path, origin: str, domain: str | None, name: str
) -> None:
    values = {"SITE_ORIGIN": origin} | ({"COOKIE_DOMAIN": domain} if domain else {})
    assert settings(folder, **values).cookie_name("choice") == name


@pytest.mark.parametrize(
    "domain", ["other.com", "ample.com", "privacy.example.com.evil.com", "www.privacy.example.com"]
)
def test_a_cookie_domain_is_a_parent_of_the_site(folder: Path, domain: str) -> None:
    assert refused(folder, COOKIE_DOMAIN=domain, **HTTPS).startswith("COOKIE_DOMAIN")


def test_a_place_header_is_believed_only_from_named_proxies(folder: Path) -> None:
    assert "TRUSTED_PROXIES" in refused(folder, PLACE_HEADER="X-Country")
    made = settings(folder, PLACE_HEADER="X-Country", TRUSTED_PROXIES="10.0.0.0/8, 2001:db8::/32,192.0.2.7")
    assert (
        ip_network("10.0.0.0/8"),
        ip_network("2001:db8::/32"),
        ip_network("192.0.2.7/32"),
    ) == made.TRUSTED_PROXIES


CONTRAST = [
    # WCAG 2.2, 1.4.3
    ("#000000", "#ffffff", 21.0),
    ("#ffffff", "#000000", 21.0),
    ("#ffffff", "#ffffff", 1.0),
    ("#777777", "#ffffff", 4.48),
    ("#767676", "#ffffff", 4.54),
    ("#0000ff", "#ffffff", 8.59),
]


@pytest.mark.parametrize(("one", "other", "ratio"), CONTRAST)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)


def test_an_accent_that_cannot_be_read_is_refused_with_its_contrast(folder: Path) -> None:
    assert "4.5:1" in refused(folder, ACCENT="#ffff00")
    assert "this has 1." in refused(folder, ACCENT="#ffff00")
    assert settings(folder, ACCENT="#1F5F5B").ACCENT == "#1f5f5b"


def test_the_default_accents_can_be_read(folder: Path) -> None:
    made = settings(folder)
    assert contrast(made.ACCENT, "#fcfbf8") >= 4.5
    assert contrast(made.ACCENT_DARK, "#16171a") >= 4.5


def test_the_file_is_read_and_the_environment_comes_first(folder: Path) -> None:
    folder.mkdir()
    (folder / "settings.toml").write_text(
        'PORT = 9000\nSITE_NAME = "Ours"\nTRUSTED_PROXIES = ["10.0.0.0/8", "192.0.2.0/24"]\n', "utf-8"
    )
    made = settings(folder)
    assert (made.PORT, made.SITE_NAME) == (9000, "Ours")
    assert len(made.TRUSTED_PROXIES) == 2
    assert settings(folder, PORT="9001").PORT == 9001


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"PORT = ", "not valid TOML"),
        (b"\xff\xfe", "not valid TOML"),
        (b"COLOUR = 'red'", "names COLOUR, which is no setting"),
        (b"PORT = 'x'", "PORT='x' cannot be taken"),
        (b"PORT = 80.5", "PORT='80.5' cannot be taken"),
        (b"[site]\nPORT = 1", "names site, which is no setting"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_start(folder: Path, text: bytes, said: str) -> None:
    folder.mkdir()
    (folder / "settings.toml").write_bytes(text)
    assert said in refused(folder)


def test_keys_are_made_once_for_their_owner_alone(folder: Path) -> None:
    first = settings(folder).SECRET_KEYS
    file = folder / "secret_keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "others on this machine could read the keys"
    assert [len(key) for key in first] == [43], "32 random bytes"
    assert first == settings(folder).SECRET_KEYS, "a restart keeps everybody's choice"
    assert list(folder.iterdir()) == [file], "nothing is left lying about"


def test_workers_that_start_at_once_agree_on_the_keys(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = {made.SECRET_KEYS for made in pool.map(lambda _: settings(folder), range(16))}
    assert len(found) == 1


def test_a_second_line_in_the_file_is_an_older_key(folder: Path) -> None:
    folder.mkdir()
    (folder / "secret_keys").write_text("the newest of our keys\nthe one of last year\n", "utf-8")
    assert settings(folder).SECRET_KEYS == ("the newest of our keys", "the one of last year")


def test_keys_that_cannot_be_taken_stop_the_start_and_are_not_overwritten(folder: Path) -> None:
    folder.mkdir()
    (folder / "secret_keys").write_text("short\n", "utf-8")
    line = refused(folder)
    assert "16 characters or more" in line
    assert (folder / "secret_keys").read_text("utf-8") == "short\n"


def test_keys_from_the_environment_write_no_file(folder: Path) -> None:
    made = settings(folder, SECRET_KEYS="the newest of our keys, the one of last year")
    assert made.SECRET_KEYS == ("the newest of our keys", "the one of last year")
    assert not (folder / "secret_keys").exists()
