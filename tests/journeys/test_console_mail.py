"""A password is reset by mail, through a real mail server; without one, nothing breaks and nothing is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from mailboxes import Mailbox, a_mail_server
from sites import TestSite
from staffers import Staffer

NEW = "a quite different password"


@pytest.fixture
def mail() -> Iterator[tuple[str, Mailbox]]:
    with a_mail_server() as found:
        yield found


def link_in(box: Mailbox, number: int = 1) -> str:
    found = re.search(r"https?://[^/\s]+(/staff/password/new/\S+)", box.next(number).get_content())
    assert found, "the mail holds the link"
    return found[1]


def test_a_forgotten_password_is_set_anew_by_mail(
    make_site: Callable[..., TestSite], mail: tuple[str, Mailbox]
) -> None:
    address, box = mail
    site = make_site(SMTP_URL=address, CONTACT_EMAIL="privacy@example.com", SITE_NAME="Example")
    max_ = Staffer(site, "max@example.com", "marketer").comes_in()
    box.next(1)  # That the password was set.
    elsewhere = Staffer(site, max_.email)
    elsewhere.goes_to("/staff/password/new")
    page = elsewhere.sends({"email": max_.email})
    assert "on its way" in page.words("main")
    mail_ = box.next(2)
    assert mail_["To"] == max_.email
    assert mail_["From"] == "Example <privacy@example.com>"
    assert mail_["Auto-Submitted"] == "auto-generated"
    elsewhere.sets_password(NEW, link=link_in(box, 2))
    assert elsewhere.signs_in(NEW).url == "/staff/"
    assert max_.goes_to("/staff/").url == "/staff/sign-in", "whoever knew the old password is out"
    assert "password" in box.next(3).get_content(), "its owner is told that the password was set"
    acts = {a.what: a.who for a in site.site.staff.acts(subject=max_.email)}
    assert acts["password-reset"] == max_.email
    assert acts["password-reset-asked"] == "somebody at the sign-in", "anybody can type an address"


def test_nobody_gets_a_mail_where_there_is_no_account(
    make_site: Callable[..., TestSite], mail: tuple[str, Mailbox]
) -> None:
    address, box = mail
    site = make_site(SMTP_URL=address)
    max_ = Staffer(site, "max@example.com", "marketer")
    for email in ("nobody@example.com", max_.email):
        eve = Staffer(site, email)
        eve.goes_to("/staff/password/new")
        eve.sends({"email": email})
    assert box.next(1)["To"] == max_.email
    assert len(box.mails) == 1


def test_an_administrator_invites_by_mail(make_site: Callable[..., TestSite], mail: tuple[str, Mailbox]) -> None:
    address, box = mail
    site = make_site(SMTP_URL=address)
    ada = Staffer(site, "ada@example.com", "administrator").comes_in()
    ada.goes_to("/staff/people")
    page = ada.sends({"email": "new@example.com", "roles": ["auditor"]})
    assert "/staff/password/new/" not in page.text, "the link goes to its owner alone"
    assert box.next(2)["To"] == "new@example.com"
    new = Staffer(site, "new@example.com")
    new.sets_password(link=link_in(box, 2))
    assert new.signs_in().url == "/staff/"


def test_an_officer_hears_when_an_administrator_opens_a_way_in(
    make_site: Callable[..., TestSite], mail: tuple[str, Mailbox]
) -> None:
    address, box = mail
    site = make_site(SMTP_URL=address)
    ada = Staffer(site, "ada@example.com", "administrator").comes_in()
    Staffer(site, "pia@example.com", "privacy-officer").comes_in()
    box.next(2)  # That both set their passwords.
    ada.goes_to("/staff/people/2")
    ada.presses("act", "reset")
    assert box.next(3)["To"] == "pia@example.com"
    assert "took away the second factor" in box.next(3).get_content()
    assert site.command("staff", "link", "pia@example.com")[0] == 0
    assert box.next(4)["To"] == "pia@example.com"
    assert "the password of your account" in box.next(4).get_content()


def test_a_mail_server_that_is_away_changes_no_answer(make_site: Callable[..., TestSite]) -> None:
    site = make_site(SMTP_URL="smtp://127.0.0.1:9")
    max_ = Staffer(site, "max@example.com", "marketer")
    max_.goes_to("/staff/password/new")
    assert "on its way" in max_.sends({"email": max_.email}).words("main")


def test_without_a_mail_server_the_page_says_whom_to_ask(make_site: Callable[..., TestSite]) -> None:
    site = make_site()
    max_ = Staffer(site, "max@example.com", "marketer")
    max_.goes_to("/staff/sign-in")
    token = max_.token()
    page = max_.goes_to("/staff/password/new")
    assert "ask an administrator for a link" in page.words("main")
    assert not page.has("main//form")
    page = max_.posts("/staff/password/new", {"csrf_token": token, "email": max_.email})
    assert "on its way" not in page.words(), "nothing is promised"
    assert not site.site.staff.acts(what="password-reset-asked")
