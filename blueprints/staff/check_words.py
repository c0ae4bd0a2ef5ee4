"""The words for checks: how far one is, what came of it, and what is missing before there can be any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from i18n.locales import BY_SLUG
from services.inspection import Item, Policy, Report, Table, Trouble, Visitor, report_from_json
from services.jobs import STOPPED, Job
from web import wording
from web.languages import _, catalog, ngettext, pgettext
from web.staff.checks import law_there, offered


@dataclass(frozen=True)
class Missing:
    """Hold what has to be installed first, and by which commands."""

    text: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class JobRow:
    """Hold a check for the page."""

    href: str
    again: str
    place: str
    url: str
    language: str
    version: int
    who: str
    at: str
    stamp: str
    state: str
    badge: str
    is_open: bool
    done: int
    total: int
    problem: str
    detail: str


@dataclass(frozen=True)
class Line:
    """Hold one row of a table: its cells beside the first, and whether it was to be expected."""

    name: str
    cells: tuple[str, ...]
    is_odd: bool


@dataclass(frozen=True)
class TableView:
    """Hold a table of a result."""

    key: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    empty: str


@dataclass(frozen=True)
class Column:
    """Hold what came of one visit."""

    key: str
    title: str
    did: str
    verdict: str
    is_fine: bool
    troubles: tuple[str, ...]
    tables: tuple[TableView, ...]


def missing_words(what: str) -> Missing | None:
    """Return what has to be installed first, or None where everything is there."""
    chromium = "playwright install chromium"
    if what == "playwright":
        return Missing(
            _("No page can be looked at yet: Playwright, which drives the browser, is not installed on this server."),
            ("pip install playwright", chromium),
        )
    if what == "chromium":
        return Missing(
            _("No page can be looked at yet: there is no Chromium on this server. Your system’s package will do too."),
            (chromium,),
        )
    return None


def job_row(job: Job) -> JobRow:
    """Return a check for the page."""
    about: dict[str, Any] = job.about
    region, locale = about["region"], BY_SLUG.get(about["language"])
    state, badge = {
        "waiting": (pgettext("state of a check", "waiting"), "warn"),
        "running": (pgettext("state of a check", "running"), "warn"),
        "failed": (pgettext("state of a check", "broke off"), "bad"),
        "done": (pgettext("state of a check", "as expected"), "on"),
    }[job.state]
    if job.state == "done" and not all(report.is_fine for report in _reports(job)):
        state, badge = pgettext("state of a check", "not as expected"), "bad"
    problem, detail = _problem(job)
    return JobRow(
        href=f"/staff/check/{job.id}",
        again="/staff/check?" + urlencode({"place": region, "path": about["path"], "language": about["language"]}),
        place=wording.region_name(law_there(region)) if region in offered() else region,
        url=about["url"],
        language=locale.own_name if locale else about["language"],
        version=about["version"],
        who=job.who,
        at=catalog().moment(job.began),
        stamp=_stamp(job.began),
        state=state,
        badge=badge,
        is_open=job.is_open,
        done=job.done,
        total=job.total,
        problem=problem,
        detail=detail,
    )


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _problem(job: Job) -> tuple[str, str]:
    """Return in words why a check broke off, and what the machine said."""
    if job.state != "failed":
        return "", ""
    key, _line, detail = job.problem.partition("\n")
    known = {
        STOPPED: _("The server that ran the check was stopped meanwhile. Start another one."),
        "slow": _("The page did not come to an end within a minute."),
        "launch": _("Chromium is there but did not start."),
        "unreachable": _("%(origin)s cannot be reached from the server itself. It has to reach its own address.")
        % {"origin": job.about["origin"]},
    }
    return known.get(key) or _("The check broke off."), detail


def result(job: Job) -> tuple[Column, ...]:
    """Return what came of a check; nothing before its end."""
    return tuple(_column(report, job.about["origin"]) for report in _reports(job))


def _reports(job: Job) -> list[Report]:
    return [report_from_json(document) for document in job.result["reports"]] if job.result else []


def _column(report: Report, origin: str) -> Column:
    title, did = {
        Visitor.CONSENTING: (_("Consenting"), _("Somebody who accepted everything that can be accepted there.")),
        Visitor.REFUSING: (_("Refusing"), _("Somebody who refused everything that can be refused there.")),
    }[report.visitor]
    troubles = [_trouble(table, item) for table, item in report.troubles]
    if report.policy is Policy.MISSING:
        troubles.insert(0, _("The page came without its Content-Security-Policy: something on the way takes it out."))
    elif report.policy is Policy.OTHER:
        troubles.insert(
            0,
            # Translators: The header's name stays as it is.
            _(
                "The page came with another Content-Security-Policy than what is live allows: something on the way "
                "changes it, or keeps the header X-Site-Check from arriving."
            ),
        )
    if report.status != 200:
        troubles.insert(0, _("The page answered with status %(status)s.") % {"status": report.status})
    return Column(
        key=report.visitor.value,
        title=title,
        did=did,
        verdict=_verdict(report, len(troubles)),
        is_fine=not troubles,
        troubles=tuple(dict.fromkeys(troubles)),
        tables=tuple(_table(table, report.of(table), origin) for table in Table),
    )


def _verdict(report: Report, troubles: int) -> str:
    """Return what came of a visit in one sentence."""
    consents, hosts = report.visitor is Visitor.CONSENTING, len(report.of(Table.HOSTS))
    if troubles:
        text = (
            ngettext(
                "As consenting: %(num)d thing was not to be expected.",
                "As consenting: %(num)d things were not to be expected.",
                troubles,
            )
            if consents
            else ngettext(
                "As refusing: %(num)d thing was not to be expected.",
                "As refusing: %(num)d things were not to be expected.",
                troubles,
            )
        )
        return text % {"num": troubles}
    if not hosts:
        return (
            _("As consenting: nothing foreign was reached.")
            if consents
            else _("As refusing: nothing foreign was reached.")
        )
    text = (
        ngettext(
            "As consenting: %(num)d foreign host was reached, and it belongs to what was allowed.",
            "As consenting: %(num)d foreign hosts were reached, and all belong to what was allowed.",
            hosts,
        )
        if consents
        else ngettext(
            "As refusing: %(num)d foreign host was reached, and it belongs to what needs no consent.",
            "As refusing: %(num)d foreign hosts were reached, and all belong to what needs no consent.",
            hosts,
        )
    )
    return text % {"num": hosts}


def _trouble(table: Table, item: Item) -> str:
    """Return in words why something was not to be expected."""
    told = {
        (Table.SCRIPTS, Trouble.DENIED): _("The page carries the tag %(by)s, which may not load for this visitor."),
        (Table.SCRIPTS, Trouble.FAILED): _("The script %(what)s did not load."),
        (Table.HOSTS, Trouble.UNKNOWN): _("%(what)s was reached, and no vendor is known to use it."),
        (Table.HOSTS, Trouble.DENIED): _("%(what)s was reached. It belongs to %(by)s, which was not allowed."),
        (Table.COOKIES, Trouble.UNKNOWN): _("The cookie %(what)s was set for %(where)s, and no vendor declares it."),
        (Table.COOKIES, Trouble.DENIED): _("The cookie %(what)s was set. It is one of %(by)s, which was not allowed."),
        (Table.STORAGE, Trouble.UNKNOWN): _("%(what)s was put into the browser’s storage, and no vendor declares it."),
        (Table.STORAGE, Trouble.DENIED): _(
            "%(what)s was put into the browser’s storage. It is one of %(by)s, which was not allowed."
        ),
        # Translators: %(what)s is an address, %(where)s a directive of the Content-Security-Policy.
        (Table.REFUSALS, Trouble.REFUSED): _("The page’s policy refused %(what)s (%(where)s)."),
    }
    text = told[table, item.trouble or Trouble.UNKNOWN]
    return text % {"what": item.what, "where": item.where, "by": item.by}


def _table(table: Table, items: tuple[Item, ...], origin: str) -> TableView:
    host, vendor = _("Host"), _("Vendor")
    title, heads, empty = {
        Table.SCRIPTS: (_("Scripts"), (_("Script"), _("Tag")), _("No script was loaded.")),
        Table.HOSTS: (_("Foreign hosts"), (host, vendor, _("Requests")), _("None was reached.")),
        Table.COOKIES: (_("Cookies"), (_("Name"), host, vendor), _("None was set.")),
        Table.STORAGE: (_("Browser storage"), (_("Key"), _("Kind"), vendor), _("Nothing is in it.")),
        Table.REFUSALS: (_("Refused by the policy"), (_("Address"), _("Directive")), _("Nothing was refused.")),
    }[table]
    lines = tuple(Line(item.what.removeprefix(origin), _cells(table, item), item.trouble is not None) for item in items)
    return TableView(table.value, title, heads, lines, empty)


def _cells(table: Table, item: Item) -> tuple[str, ...]:
    return {
        Table.SCRIPTS: (item.by,),
        Table.HOSTS: (item.by, catalog().number(item.number)),
        Table.COOKIES: (item.where, item.by or _("this site") if not item.trouble else item.by),
        Table.STORAGE: (_kind(item.where), item.by),
        Table.REFUSALS: (item.where,),
    }[table]


def _kind(key: str) -> str:
    return wording.kind(key, "first") if key in ("local", "session", "indexeddb") else key
