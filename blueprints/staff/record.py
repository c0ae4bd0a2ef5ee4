"""The record of what the staff did: filter it, read it, take it away."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, stream_with_context

from blueprints.staff.pages import blueprint
from privacy.fields import seen
from services.staff import Act, Permission
from web.languages import _, catalog
from web.site import site
from web.staff.frame import show
from web.staff.guard import member, page

_PAGE = 100


@dataclass(frozen=True)
class ActRow:
    """Hold an act for the page."""

    at: str
    stamp: str
    who: str
    what: str
    subject: str
    note: str
    before: str
    after: str


def act_names() -> dict[str, str]:
    """Return every act's key in words."""
    return {
        "signed-in": _("signed in"),
        "signed-out": _("signed out"),
        "signed-out-elsewhere": _("signed out other browsers"),
        "signed-out-everywhere": _("signed somebody out everywhere"),
        "refused": _("was refused a page"),
        "locked": _("account locked after failed sign-ins"),
        "unlocked": _("unlocked an account"),
        "password-changed": _("changed the own password"),
        "password-reset": _("set a password by a link"),
        "password-reset-asked": _("asked for a password link"),
        "password-link-made": _("made a password link"),
        "password-link-sent": _("sent a password link"),
        "authenticator-set-up": _("set up an authenticator"),
        "authenticator-removed": _("removed the authenticator"),
        "recovery-codes-made": _("made new recovery codes"),
        "recovery-codes-shown": _("looked at the own recovery codes"),
        "passkey-added": _("added a passkey"),
        "passkey-removed": _("removed a passkey"),
        "account-made": _("made an account"),
        "account-on": _("switched an account on"),
        "account-off": _("switched an account off"),
        "roles-set": _("set roles"),
        "second-factor-reset": _("took away a second factor"),
        "record-exported": _("exported the record"),
        "draft-tag": _("changed a tag in the draft"),
        "draft-tag-removed": _("removed a tag in the draft"),
        "draft-vendor": _("changed a vendor in the draft"),
        "draft-undone": _("undid a change of the draft"),
        "draft-discarded": _("discarded the draft"),
        "draft-rolled-back": _("filled the draft with the way back to a version"),
        "draft-submitted": _("asked for approval"),
        "draft-withdrawn": _("took back the request for approval"),
        "draft-approved": _("approved a draft"),
        "draft-refused": _("sent a draft back"),
        "tags-published": _("published tags"),
        "tags-rolled-back": _("rolled tags back"),
        "policy-published": _("published a policy"),
        "checked": _("checked the live pages"),
        "previewed": _("previewed a draft"),
        "settings-changed": _("changed a setting of the console"),
    }


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found < date.max else None  # Nothing comes after the last day there is.


def _filters() -> tuple[dict[str, Any], dict[str, str]]:
    given = {
        name: seen(request.args.get(name, "")).strip()[:255] for name in ("who", "what", "subject", "since", "until")
    }
    since, until = _day(given["since"]), _day(given["until"])
    filters: dict[str, Any] = {name: given[name] for name in ("who", "what", "subject") if given[name]}
    if since:
        filters["since"] = datetime.combine(since, time(), UTC)
    if until:
        filters["until"] = datetime.combine(until, time(), UTC) + timedelta(days=1)
    return filters, {name: value for name, value in given.items() if value}


def _plain(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)


def _row(act: Act, names: dict[str, str]) -> ActRow:
    return ActRow(
        catalog().short_moment(act.at),
        act.at.isoformat(timespec="seconds"),
        act.who,
        names.get(act.what, act.what),
        act.subject,
        act.note,
        _plain(act.before),
        _plain(act.after),
    )


@page(blueprint, "/record", Permission.SEE_RECORD)
def record() -> Response:
    """Show what was done, newest first."""
    filters, given = _filters()
    before = request.args.get("before", "")[:18]  # A longer number is none that a store can hold.
    found = site().staff.acts(**filters, before=int(before) if before.isdecimal() else None, limit=_PAGE + 1)
    names = act_names()
    more = f"/staff/record?{urlencode(given | {'before': str(found[_PAGE - 1].seq)})}" if len(found) > _PAGE else None
    return show(
        "record.html",
        _("Record"),
        rows=[_row(act, names) for act in found[:_PAGE]],
        given=given,
        people=site().staff.actors(),
        acts=sorted(names.items(), key=lambda pair: catalog().sort_key(pair[1])),
        more=more,
        export=f"/staff/record.csv?{urlencode(given)}",
    )


@page(blueprint, "/record.csv", Permission.SEE_RECORD)
def record_csv() -> Response:
    """Give the record as a table for spreadsheets."""
    filters, given = _filters()
    site().staff.record(member().email, "record-exported", after=given)
    rows = site().staff.every_act(**filters)

    def lines() -> Iterator[str]:
        yield _line(("at", "who", "what", "subject", "note", "before", "after"))
        for act in rows:
            values = (act.at.isoformat(), act.who, act.what, act.subject, act.note)
            yield _line((*values, _json(act.before), _json(act.after)))

    response = Response(stream_with_context(lines()), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="record.csv"'
    return response


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _line(values: tuple[str, ...]) -> str:
    out = io.StringIO()
    # A cell that begins so is a formula to spreadsheets, and what stands here was typed by people.
    # Every cell is quoted: where a comma is the decimal sign, spreadsheets part cells at semicolons.
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(
        [f"'{v}" if v[:1] in ("=", "+", "-", "@", "\t", "\r") else v for v in values]
    )
    return out.getvalue()
