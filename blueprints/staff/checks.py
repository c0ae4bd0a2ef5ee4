"""Check it: the live page in a real browser, as somebody who consents and as somebody who refuses."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, redirect, request
from flask_wtf import FlaskForm

from blueprints.staff.check_words import JobRow, job_row, missing_words, result
from blueprints.staff.pages import blueprint
from i18n.locales import BY_SLUG, DEFAULT, LOCALES
from services.checks import KIND
from services.jobs import Busy
from services.staff import Permission
from web import wording
from web.languages import _, catalog
from web.site import site
from web.staff.checks import is_path, law_there, offered, plan
from web.staff.frame import show
from web.staff.guard import member, page


class CheckForm(FlaskForm):  # type: ignore[misc]
    """Start a check. Its fields are read by hand: which places there are is data."""


@page(blueprint, "/check", Permission.SEE_TAGS)
def check() -> Response:
    """Show what was checked, and offer another check."""
    return _check()


def _check(status: int = 200, problem: str = "", running: JobRow | None = None) -> Response:
    rows = [job_row(job) for job in site().jobs.latest(KIND)]
    given = _given(request.form if request.method == "POST" else request.args)
    return show(
        "check.html",
        _("Check it"),
        status,
        form=CheckForm(),
        may_start=member().may(Permission.EDIT_TAGS),
        missing=missing_words(site().checks.missing()),
        places=_places(),
        languages=[(locale.slug, locale.own_name, locale.tag) for locale in LOCALES],
        given=given,
        rows=rows,
        problem=problem,
        running=running,
    )


def _given(sent: Any) -> dict[str, str]:
    """Return what the form shows: what was sent, else what somebody who nobody knows would get."""
    region, language = sent.get("place", ""), sent.get("language", "")
    return {
        "place": region if region in offered() else offered()[-1],
        "path": sent.get("path", "/")[:200],
        "language": language if language in BY_SLUG else DEFAULT.slug,
    }


def _places() -> list[tuple[str, str]]:
    named = [(region, wording.region_name(law_there(region))) for region in offered()]
    return sorted(named, key=lambda pair: catalog().sort_key(pair[1]))


@page(blueprint, "/check", Permission.EDIT_TAGS, methods=["POST"], endpoint="start_check")
def start() -> Response:
    """Start a check."""
    if not CheckForm().validate_on_submit():
        abort(400)
    region, path, language = (request.form.get(name, "").strip() for name in ("place", "path", "language"))
    if region not in offered() or language not in BY_SLUG:
        abort(400)
    if not is_path(path):
        return _check(422, _("A page is given by its path, without the language: / or /privacy."))
    checks = site().checks
    if checks.missing():
        return _check(422)
    planned = plan(region, path, language)
    try:
        job = checks.start(member().email, planned.about, planned.visits, planned.judge)
    except Busy:
        found = site().jobs.current(KIND)
        said = _("A check is running already. One runs at a time: please wait for it to end.")
        return _check(409, said, job_row(found) if found else None)
    site().staff.record(member().email, "checked", region, after={"path": path, "language": language, "check": job.id})
    return redirect(f"/staff/check/{job.id}", 303)  # type: ignore[return-value]


@page(blueprint, "/check/<key>", Permission.SEE_TAGS)
def check_result(key: str) -> Response:
    """Show how far a check is, and then what came of it."""
    job = site().jobs.find(key) if len(key) <= 32 else None
    if job is None or job.kind != KIND:
        abort(404)
    return show("check_result.html", _("Check it"), row=job_row(job), result=result(job))
