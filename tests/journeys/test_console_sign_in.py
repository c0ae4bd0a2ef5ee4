"""Signing in to the console: the first administrator, second factors, lock-out, sessions, and the way back in."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
import time_machine
from pages import Page
from servers import postgresql
from sites import TestSite
from staffers import PASSWORD, Staffer

from services.staff import Staff


def test_the_first_administrator_comes_in_by_the_command_and_sets_up_a_second_factor(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator")
    ada.sets_password()
    ada.goes_to("/staff/sign-in")
    page = ada.sends({"email": ada.email, "password": PASSWORD})
    assert page.url == "/staff/authenticator", "an administrator's second factor is no choice"
    assert "Go on without one" not in page.words()
    assert ada.sets_up_authenticator().url == "/staff/"
    assert "Administrator" in ada.goes_to("/staff/account").words("main")


def test_there_is_no_account_with_a_default_password(own_site: TestSite) -> None:
    eve = Staffer(own_site, "admin@example.com")
    eve.goes_to("/staff/sign-in")
    for password in ("admin", "password", "changeme", ""):
        page = eve.sends({"email": eve.email, "password": password})
        assert page.url == "/staff/sign-in"


def test_a_marketer_may_go_without_a_second_factor_and_may_set_one_up(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    page = max_.goes_to("/staff/authenticator")
    assert max_.sets_up_authenticator().url == "/staff/account"
    again = Staffer(own_site, max_.email)
    again.key, again._codes = max_.key, max_._codes
    again.goes_to("/staff/sign-in")
    page = again.sends({"email": again.email, "password": PASSWORD})
    assert page.url == "/staff/code"
    assert again.sends({"code": again.code()}).url == "/staff/"


def test_a_code_signs_in_once(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    code = ada.code()
    second, third = Staffer(own_site, ada.email), Staffer(own_site, ada.email)
    assert second.signs_in(code=code).url == "/staff/"
    page = third.signs_in(code=code)
    assert page.url == "/staff/code"
    assert "used already" in page.words("main")


def test_a_recovery_code_stands_in_for_the_authenticator_once(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/recovery-codes")
    page = ada.presses("generate_new_codes")
    codes = [e.text for e in page.all("code")]
    assert len(codes) == 8
    for attempt, url in ((1, "/staff/"), (2, "/staff/recovery")):
        lost = Staffer(own_site, ada.email)
        lost.goes_to("/staff/sign-in")
        lost.sends({"email": ada.email, "password": PASSWORD})
        lost.goes_to("/staff/recovery")
        assert lost.sends({"code": codes[0]}).url == url, f"try {attempt}"


def begins_authenticator(person: Staffer) -> str:
    """Let them begin to set up an authenticator, and return the address at which that is finished."""
    person.goes_to("/staff/authenticator")
    page = person.presses("setup", "authenticator")
    person.key = "".join(page.words("code").split("-"))
    return next(f.attrib["action"] for f in page.all("form") if "/authenticator/" in f.attrib.get("action", ""))


def begins_passkey(person: Staffer) -> str:
    """Let them begin to add a passkey, and return the address at which that is finished."""
    person.goes_to("/staff/passkeys")
    page = person.sends({"name": "phone"})
    return page.one("form[@data-passkey]").attrib["action"]


def test_a_second_factor_is_finished_in_the_sitting_that_began_it(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    eve = Staffer(own_site, "eve@example.com", "marketer").comes_in()
    for begins, sent in ((begins_authenticator, "code"), (begins_passkey, "credential")):
        path = begins(eve)
        ada.goes_to("/staff/account")
        value = eve.code() if sent == "code" else "{}"
        page = ada.posts(path, {"csrf_token": ada.token(), sent: value}, status=400)
        assert "not begun here" in page.words("main")
    assert not own_site.site.staff.acts(who=ada.email, what="authenticator-set-up"), "hers is as it was"


def test_a_second_factor_is_finished_while_it_is_known_who_it_is(own_site: TestSite) -> None:
    for number, (begins, sent) in enumerate(((begins_authenticator, "code"), (begins_passkey, "credential"))):
        max_ = Staffer(own_site, f"max{number}@example.com", "marketer").comes_in()
        path = begins(max_)
        token = max_.token()
        with time_machine.travel(time.time() + 31 * 60, tick=True):
            page = max_.posts(path, {"csrf_token": token, sent: max_.code() if sent == "code" else "{}"})
            assert page.url == "/staff/again", "a form waits twice as long as a page, and no longer"


def test_a_second_factor_that_was_begun_is_finished_once(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    path = begins_authenticator(max_)
    token = max_.token()
    assert max_.posts(path, {"csrf_token": token, "code": max_.code()}).url == "/staff/account"
    max_.posts(path, {"csrf_token": token, "code": max_.code()}, status=400)
    max_.goes_to("/staff/code")
    assert max_.page is not None
    assert max_.page.url == "/staff/account", "the step of a sign-in is none for who is in"


def has_a_passkey_alone(site: TestSite, email: str) -> None:
    """Give somebody a passkey instead of the authenticator. No device can do that without a browser."""
    from web.staff import accounts
    from web.staff.people import datastore

    with site.site.console.app.test_request_context():
        person, store = accounts.find(email), datastore()
        store.create_webauthn(
            person,
            name="phone",
            credential_id=b"1" * 16,
            public_key=b"x",
            sign_count=0,
            backup_state=False,
            device_type="single_device",
            transports=[],
            extensions=None,
            usage="first",
        )
        store.tf_reset(person)
        store.commit()


def test_a_recovery_code_stands_in_for_the_passkey_too(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/recovery-codes")
    codes = [e.text or "" for e in ada.presses("generate_new_codes").all("code")]
    has_a_passkey_alone(own_site, ada.email)
    lost = Staffer(own_site, ada.email)
    lost.goes_to("/staff/sign-in")
    page = lost.sends({"email": ada.email, "password": PASSWORD})
    assert page.url == "/staff/recovery"
    assert "Without it, a recovery code signs you in" in page.words()
    for path in ("/staff/authenticator", "/staff/"):
        other = Staffer(own_site, ada.email)
        other.goes_to("/staff/sign-in")
        other.sends({"email": ada.email, "password": PASSWORD})
        assert other.goes_to(path).url == "/staff/sign-in", "the password alone sets nothing up"
    assert lost.sends({"code": codes[0]}).url == "/staff/"
    act = own_site.site.staff.acts(who=ada.email, what="signed-in")[0]
    assert act.note == "recovery-code", "the record says by what they came in"
    assert lost.goes_to("/staff/passkeys").url == "/staff/passkeys"


def test_who_has_a_passkey_and_no_recovery_codes_is_told_to_take_it(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    has_a_passkey_alone(own_site, ada.email)
    lost = Staffer(own_site, ada.email)
    lost.goes_to("/staff/sign-in")
    page = lost.sends({"email": ada.email, "password": PASSWORD})
    assert page.url == "/staff/sign-in"
    assert "takes your passkey" in page.words("main")


def both_at_once(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, site: TestSite, email: str, *, path: str, code: str
) -> list[str]:
    """Let two browsers come with the same code, both past the reading before either writes; return where they land."""
    together, original = threading.Barrier(2, timeout=10), getattr(owner, method)

    def wait(*args: object) -> object:
        together.wait()
        return original(*args)

    monkeypatch.setattr(owner, method, wait)
    landed = []

    def go() -> None:
        person = Staffer(site, email)
        person.goes_to("/staff/sign-in")
        person.sends({"email": email, "password": PASSWORD})
        person.goes_to(path)
        landed.append(person.sends({"code": code}).url)

    both = [threading.Thread(target=go) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    return sorted(landed)


def test_two_who_come_with_the_same_code_at_once_are_not_both_let_in(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    landed = both_at_once(monkeypatch, Staff, "take_counter", own_site, ada.email, path="/staff/code", code=ada.code())
    assert landed == ["/staff/", "/staff/code"]


def test_two_who_come_with_the_same_recovery_code_at_once_are_not_both_let_in(
    own_site: TestSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/recovery-codes")
    codes = [e.text or "" for e in ada.presses("generate_new_codes").all("code")]
    landed = both_at_once(
        monkeypatch, Staff, "take_recovery_code", own_site, ada.email, path="/staff/recovery", code=codes[0]
    )
    assert landed == ["/staff/", "/staff/recovery"]


def test_the_record_says_what_was_done_with_recovery_codes(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/recovery-codes")
    assert ada.presses("generate_new_codes").all("code")
    ada.goes_to("/staff/recovery-codes")
    assert ada.goes_to("/staff/recovery-codes?show_codes=1").all("code")
    done = [a.what for a in own_site.site.staff.acts(who=ada.email) if a.what.startswith("recovery-codes")]
    assert done == ["recovery-codes-shown", "recovery-codes-made"]
    assert "looked at the own recovery codes" in ada.goes_to("/staff/record").words("table")


def test_the_store_holds_no_secret_in_plain_text(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/recovery-codes")
    codes = [e.text or "" for e in ada.presses("generate_new_codes").all("code")]
    stored = b"".join(p.read_bytes() for p in own_site.site.settings.INSTANCE_PATH.glob("site.db*"))
    assert b"$argon2id$v=19$m=19456,t=2,p=1$" in stored
    for secret in (PASSWORD, str(ada.key), codes[0]):
        assert secret.encode() not in stored, "secrets are hashed or encrypted where they are stored"


def test_ten_wrong_passwords_lock_the_account_for_a_while(make_site: Callable[..., TestSite]) -> None:
    site = make_site(RATE_LIMITS="off")
    max_ = Staffer(site, "max@example.com", "marketer")
    max_.sets_password()
    max_.goes_to("/staff/sign-in")
    for _ in range(10):
        page = max_.sends({"email": max_.email, "password": "wrong " * 3})
        assert "not right" in page.words("main")
    page = max_.sends({"email": max_.email, "password": PASSWORD})
    assert page.url == "/staff/sign-in", "even the right password waits now"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16), tick=True):
        assert max_.signs_in().url == "/staff/"


def test_wrong_codes_lock_the_account_too(make_site: Callable[..., TestSite]) -> None:
    site = make_site(RATE_LIMITS="off")
    ada = Staffer(site, "ada@example.com", "administrator").comes_in()
    thief = Staffer(site, ada.email)
    thief.goes_to("/staff/sign-in")
    thief.sends({"email": ada.email, "password": PASSWORD})
    for _ in range(10):
        assert thief.sends({"code": "000000"}).url == "/staff/code"
    page = thief.sends({"code": ada.code()})
    assert page.url == "/staff/sign-in"
    assert "quarter of an hour" in page.words("main")


@pytest.mark.parametrize("path", ["/staff/password", "/staff/again"])
def test_a_password_is_not_guessed_by_who_is_in_either(make_site: Callable[..., TestSite], path: str) -> None:
    site = make_site(RATE_LIMITS="off")
    max_ = Staffer(site, "max@example.com", "marketer").comes_in()
    new = "another long enough password"

    def tries(password: str) -> Page:
        max_.goes_to(path)
        more = {"new_password": new, "new_password_confirm": new} if path == "/staff/password" else {}
        return max_.posts(path, {"csrf_token": max_.token(), "password": password, **more}, Referer=f"http://x{path}")

    for _ in range(10):
        assert "not right" in tries("wrong " * 3).words("main")
    assert site.site.staff.acts(subject=max_.email, what="locked")
    page = tries(PASSWORD)
    assert page.url == path, "even the right password waits now"
    assert "quarter of an hour" in page.words()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16), tick=True):
        assert tries(PASSWORD).url == "/staff/account"


def test_wrong_recovery_codes_lock_the_account(make_site: Callable[..., TestSite]) -> None:
    site = make_site(RATE_LIMITS="off")
    ada = Staffer(site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/recovery-codes")
    codes = [e.text or "" for e in ada.presses("generate_new_codes").all("code")]
    thief = Staffer(site, ada.email)
    thief.goes_to("/staff/sign-in")
    thief.sends({"email": ada.email, "password": PASSWORD})
    thief.goes_to("/staff/recovery")
    for _ in range(10):
        assert thief.sends({"code": "0000-0000-0000"}).url == "/staff/recovery"
    page = thief.sends({"code": codes[0]})
    assert page.url == "/staff/sign-in"
    assert "quarter of an hour" in page.words("main")


def test_who_tries_too_often_from_one_address_has_to_wait(own_site: TestSite) -> None:
    eve = Staffer(own_site, "eve@example.com")
    eve.goes_to("/staff/sign-in")
    token = eve.token()
    for number in range(20):
        eve.posts("/staff/sign-in", {"email": f"{number}@example.com", "password": "x", "csrf_token": token})
    page = eve.posts("/staff/sign-in", {"email": "x@example.com", "password": "x", "csrf_token": token}, status=429)
    assert page.response.headers["Retry-After"] == "60"
    assert "wait a minute" in page.words("main")


def test_a_whole_network_of_one_household_counts_as_one_address(own_site: TestSite) -> None:
    eve = Staffer(own_site, "eve@example.com")
    eve.goes_to("/staff/sign-in")
    tried = {"email": "x@example.com", "password": "x", "csrf_token": eve.token()}
    for number in range(20):
        eve.posts("/staff/sign-in", tried, **{"X-Forwarded-For": f"2001:db8::{number + 1:x}"})
    eve.posts("/staff/sign-in", tried, status=429, **{"X-Forwarded-For": "2001:db8::ffff:1"})
    eve.posts("/staff/sign-in", tried, **{"X-Forwarded-For": "2001:db8:0:1::1"})


def test_nobody_learns_whether_there_is_an_account(make_site: Callable[..., TestSite]) -> None:
    own_site = make_site(SMTP_URL="smtp://127.0.0.1:9")
    Staffer(own_site, "max@example.com", "marketer").sets_password()
    said = []
    for address in ("max@example.com", "nobody@example.com"):
        eve = Staffer(own_site, address)
        eve.goes_to("/staff/sign-in")
        wrong = eve.sends({"email": address, "password": "a wrong password"}).words("main")
        eve.goes_to("/staff/password/new")
        said.append((wrong, eve.sends({"email": address}).words("main")))
    assert said[0] == said[1]


def test_the_cookie_is_for_the_console_alone(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    for part in ("staff=", "HttpOnly", "Path=/staff", "SameSite=Strict"):
        assert part in max_.cookie
    assert "Domain=" not in max_.cookie


def test_a_sitting_is_listed_and_ended_elsewhere(own_site: TestSite) -> None:
    desk, phone = Staffer(own_site, "max@example.com", "marketer").comes_in(), Staffer(own_site, "max@example.com")
    phone.signs_in()
    page = desk.goes_to("/staff/account")
    assert page.words("main").count("Sign out there") == 1
    key = page.one("button[@name='key'][@value!='others']").attrib["value"]
    desk.presses("key", key)
    assert phone.goes_to("/staff/").url == "/staff/sign-in"
    assert desk.goes_to("/staff/").url == "/staff/"


def test_a_sitting_ends_by_itself(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    start = datetime.now(UTC)
    with time_machine.travel(start + timedelta(hours=7), tick=True):
        assert max_.goes_to("/staff/").url == "/staff/"
    with time_machine.travel(start + timedelta(hours=16), tick=True):
        assert max_.goes_to("/staff/").url == "/staff/sign-in"


def test_signing_out_ends_the_sitting_for_a_copied_cookie_too(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    stolen = max_.cookie.partition(";")[0].partition("=")[2]
    max_.posts("/staff/sign-out", {"csrf_token": max_.token()})
    thief = Staffer(own_site, max_.email)
    thief._client.set_cookie("staff", stolen, domain="localhost", path="/staff")
    assert thief.goes_to("/staff/").url == "/staff/sign-in"


def test_who_signs_in_where_somebody_else_was_ends_that_sitting(own_site: TestSite) -> None:
    Staffer(own_site, "eve@example.com", "marketer").sets_password()
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    before = max_.cookie
    other = Staffer(own_site, max_.email)
    other.goes_to("/staff/sign-in")
    with own_site.site.console.app.test_request_context():
        app = own_site.site.console.app
        kept = app.session_interface.get_signing_serializer(app)
        sitting = kept.loads(before.partition(";")[0].partition("=")[2])["sitting"]
        mixed = kept.loads(other.cookie.partition(";")[0].partition("=")[2]) | {"sitting": sitting}
    other._client.set_cookie("staff", kept.dumps(mixed), domain="localhost", path="/staff")
    other.email = "eve@example.com"
    other.sends({"email": other.email, "password": PASSWORD})
    assert other.goes_to("/staff/").url == "/staff/"
    assert max_.goes_to("/staff/").url == "/staff/sign-in"


def test_a_changed_password_signs_all_others_out(own_site: TestSite) -> None:
    desk, phone = Staffer(own_site, "max@example.com", "marketer").comes_in(), Staffer(own_site, "max@example.com")
    phone.signs_in()
    desk.goes_to("/staff/password")
    new = "another long enough password"
    desk.sends({"password": PASSWORD, "new_password": new, "new_password_confirm": new})
    assert desk.goes_to("/staff/").url == "/staff/"
    assert phone.goes_to("/staff/").url == "/staff/sign-in"
    assert len(own_site.site.staff.sittings(1)) == 1


@pytest.mark.parametrize("password", ["short", "elevenchars"])
def test_a_short_password_is_refused(own_site: TestSite, password: str) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer")
    assert "12 characters or more" in max_.sets_password(password).words("main")


@pytest.mark.parametrize(
    "password",
    ["passwordpassword", "Qwertyuiopas", "aaaaaaaaaaaaaa", "maximilian@example.com", "A Shop A Shop A Shop 1"],
)
def test_a_password_that_is_guessed_first_is_refused(make_site: Callable[..., TestSite], password: str) -> None:
    max_ = Staffer(make_site(SITE_NAME="A Shop"), "maximilian@example.com", "marketer")
    assert "too easy to guess" in max_.sets_password(password).words("main")


def test_a_link_sets_a_password_once_and_within_a_day(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer")
    max_.sets_password()
    assert "not valid any more" in max_.goes_to(max_.link).words("main")
    status, output = own_site.command("staff", "link", max_.email)
    assert status == 0
    link = re.search(r"https?://[^/]+(\S+)", output)[1]  # type: ignore[index]
    with time_machine.travel(time.time() + 25 * 3600, tick=True):
        assert "too old" in max_.goes_to(link).words("main")


def test_what_is_dangerous_asks_who_it_is_once_more(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    assert ada.goes_to("/staff/people").url == "/staff/people"
    with time_machine.travel(time.time() + 20 * 60, tick=True):
        assert ada.goes_to("/staff/people").url == "/staff/again"
        assert ada.sends({"password": PASSWORD}).url == "/staff/people"


def test_a_second_factor_that_was_reset_is_set_up_anew(own_site: TestSite) -> None:
    ada = Staffer(own_site, "ada@example.com", "administrator").comes_in()
    assert own_site.command("staff", "reset-2fa", ada.email)[0] == 0
    assert ada.goes_to("/staff/").url == "/staff/sign-in"
    ada.goes_to("/staff/sign-in")
    assert ada.sends({"email": ada.email, "password": PASSWORD}).url == "/staff/authenticator"


def test_an_account_that_is_off_is_out_at_once(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    assert own_site.command("staff", "disable", max_.email)[0] == 0
    assert max_.goes_to("/staff/").url == "/staff/sign-in"
    assert max_.signs_in().url == "/staff/sign-in"
    assert own_site.command("staff", "enable", max_.email)[0] == 0
    assert max_.signs_in().url == "/staff/"


def test_a_role_that_is_raised_asks_for_the_second_factor_first(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer").comes_in()
    assert own_site.command("staff", "role", max_.email, "privacy-officer")[0] == 0
    assert max_.goes_to("/staff/record").url == "/staff/authenticator"


def test_the_last_administrator_stays(own_site: TestSite) -> None:
    Staffer(own_site, "ada@example.com", "administrator")
    for words in (("disable", "ada@example.com"), ("role", "ada@example.com", "auditor")):
        status, output = own_site.command("staff", *words)
        assert status == 1
        assert "last administrator" in output


def test_keys_rotate_without_locking_anybody_out(make_site: Callable[..., TestSite]) -> None:
    old, new = "the first key of the ring", "the second key of the ring"
    first = make_site(SECRET_KEYS=old)
    ada = Staffer(first, "ada@example.com", "administrator").comes_in()
    folder = str(first.site.settings.INSTANCE_PATH)
    second = make_site(SECRET_KEYS=f"{new},{old}", DATABASE_URL=f"sqlite:///{folder}/site.db")
    again = Staffer(second, ada.email)
    again.key, again._codes = ada.key, ada._codes
    assert again.signs_in().url == "/staff/"


@pytest.mark.parametrize("language", ["de", "fr", "pt-br"])
def test_the_console_speaks_the_readers_language(own_site: TestSite, language: str) -> None:
    reader = Staffer(own_site, "x@example.com", language=language)
    page = reader.goes_to("/staff/sign-in")
    assert page.root.attrib["lang"].lower() == language


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere_after_signing_in(own_site: TestSite, wanted: str) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer")
    max_.sets_password()
    max_.goes_to(f"/staff/sign-in?next={quote(wanted)}")
    action = next(f for f in max_.page.all("form") if "sign-in" in f.attrib.get("action", "")).attrib["action"]  # type: ignore[union-attr]
    token = max_.token()
    response = max_._client.post(
        action,
        data={"email": max_.email, "password": PASSWORD, "csrf_token": token, "next": wanted},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    target = response.headers.get("Location", "/staff/")
    assert urlsplit(target).netloc in ("", "localhost"), f"after the sign-in it leads to {target}"
    assert re.match(r"/[a-z%]", urlsplit(target).path), f"{target} is a path of this host, and of no other"


def test_a_link_leads_on_to_the_page_that_was_asked_for(own_site: TestSite) -> None:
    max_ = Staffer(own_site, "max@example.com", "marketer")
    max_.sets_password()
    assert max_.goes_to("/staff/versions").url == "/staff/sign-in"
    assert max_.sends({"email": max_.email, "password": PASSWORD}).url == "/staff/versions"


@pytest.mark.postgresql
def test_the_console_works_on_postgresql(make_site: Callable[..., TestSite]) -> None:
    site = make_site(DATABASE_URL=postgresql().database())
    ada = Staffer(site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/recovery-codes")
    assert len(ada.presses("generate_new_codes").all("code")) == 8
    ada.goes_to("/staff/tags/new/ga4")
    assert ada.sends({"set_id": "G-ABCD123456"}).url == "/staff/draft"
    page = ada.sends({"note": "numbers", "act": "publish"}, button="note")
    assert page.url == "/staff/versions/2"
    assert site.site.staff.acts()[0].what == "tags-published"
    cookies = site.visitor("DE").goes_to("/cookies")
    assert "Google" in cookies.words("main"), "the cookie policy follows on this store too"
