"""The privacy policy and the cookie policy, as they hold for a place, in every version and form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, jsonify, redirect, request

from blueprints.policies.view_models import (
    difference_view,
    foreign,
    live_lines,
    place_note,
    recipients_since,
    region_links,
    signal_now,
    text_view,
    version_list,
)
from i18n.locales import BY_SLUG, DEFAULT
from privacy.jurisdictions import Jurisdiction
from privacy.policies import Kind, differences, plain
from web import wording
from web.front import SHARED
from web.languages import _, catalog, use_locale
from web.page import Format, render_page
from web.policy.texts import Text, past_text, text_for
from web.security import law_of_region, state
from web.site import site

blueprint = Blueprint("policies", __name__)

View = Callable[..., Response]

_FORM = "<any(txt, json):form>"
_NUMBER, _OLD = "<int(max=999999):number>", "<int(max=999999):old>"


def _for_each_kind(*rules: str) -> Callable[[View], View]:
    """Register a view for each text. Its address names the text outright, and so comes before that of a region."""

    def register(view: View) -> View:
        for kind in Kind:
            for rule in rules:
                blueprint.add_url_rule(f"/<locale>/{kind}/versions{rule}", view_func=view, defaults={"kind": kind})
        return view

    return register


@blueprint.get("/<locale>/privacy")
def privacy(locale: str) -> Response:
    """Show the privacy policy as it holds where the visitor is."""
    use_locale(locale)
    return _privacy(state().jurisdiction, "/privacy")


@blueprint.get("/<locale>/privacy/<region>")
def privacy_for(locale: str, region: str) -> Response:
    """Show the privacy policy as it holds in a region."""
    use_locale(locale)
    return _privacy(_law(region), f"/privacy/{region}")


@blueprint.get(f"/<locale>/privacy.{_FORM}", defaults={"region": None})
@blueprint.get(f"/<locale>/privacy/<region>.{_FORM}")
def privacy_as(locale: str, region: str | None, form: str) -> Response:
    """Send the privacy policy as plain text or as JSON."""
    use_locale(locale)
    text = text_for(Kind.PRIVACY, _law(region) if region else state().jurisdiction)
    return _as(text, form, live_lines(text))


@blueprint.get("/<locale>/cookies")
def cookies(locale: str) -> Response:
    """Show the cookie policy, made from the registry that the gate admits from."""
    use_locale(locale)
    text = text_for(Kind.COOKIES, state().jurisdiction)
    return render_page(
        "cookies.html",
        text.document.title,
        path="/cookies",
        formats=_formats("/cookies"),
        text=text_view(text, live=True),
        signal=signal_now(),
        action=f"/{catalog().locale.slug}/preferences",
    )


@blueprint.get(f"/<locale>/cookies.{_FORM}")
def cookies_as(locale: str, form: str) -> Response:
    """Send the cookie policy as plain text or as JSON."""
    use_locale(locale)
    text = text_for(Kind.COOKIES, state().jurisdiction)
    return _as(text, form, live_lines(text))


@_for_each_kind("")
def list_versions(locale: str, kind: Kind) -> Response:
    """List every version of a text."""
    use_locale(locale)
    now = datetime.fromtimestamp(site().reader.now(), UTC)
    title = {Kind.PRIVACY: _("Versions of the privacy policy"), Kind.COOKIES: _("Versions of the cookie policy")}
    return render_page(
        "versions.html",
        title[kind],
        path=f"/{kind}/versions",
        versions=version_list(kind, site().policies.versions(kind), now),
        back=f"/{catalog().locale.slug}/{kind}",
    )


@_for_each_kind("/compare")
def compare(locale: str, kind: Kind) -> Response:
    """Lead from the form that chooses two versions to their comparison."""
    slug = use_locale(locale).slug
    numbers = [request.args.get(name, type=int) for name in ("new", "old")]
    if any(number is None for number in numbers):
        abort(404)
    return redirect(f"/{slug}/{kind}/versions/{numbers[0]}/since/{numbers[1]}", 303)  # type: ignore[return-value]


@_for_each_kind(f"/{_NUMBER}", f"/{_NUMBER}/<region>")
def version(locale: str, kind: Kind, number: int, region: str | None = None) -> Response:
    """Show a text as one version published it."""
    use_locale(locale)
    text = _past(kind, number, region)
    path = f"/{kind}/versions/{number}" + (f"/{region}" if region else "")
    facts = {"title": text.document.title, "number": number, "region": wording.region_name(_law(text.document.region))}
    return render_page(
        "version.html",
        # Translators: The title of a page, such as "Privacy policy, version 2: Germany".
        _("%(title)s, version %(number)s: %(region)s") % facts,
        path=path,
        formats=_formats(f"/{kind}/versions/{number}/{text.document.region}"),
        text=text_view(text),
        regions=region_links(f"/{kind}/versions/{number}", text),
        numbered=kind is Kind.PRIVACY,
    )


@_for_each_kind(f"/{_NUMBER}/<region>.{_FORM}")
def version_as(locale: str, kind: Kind, number: int, region: str, form: str) -> Response:
    """Send a text as one version published it, as plain text or as JSON."""
    use_locale(locale)
    return _as(_past(kind, number, region), form)


@_for_each_kind(f"/{_NUMBER}/since/{_OLD}", f"/{_NUMBER}/since/{_OLD}/<region>")
def changes(locale: str, kind: Kind, number: int, old: int, region: str | None = None) -> Response:
    """Show word by word what changed between two versions."""
    use_locale(locale)
    new, former = _past(kind, number, region), _past(kind, old, region)
    if new.document.locale != former.document.locale:  # One of them was not published in the page's language.
        new, former = (_past(kind, each, region, DEFAULT.slug) for each in (number, old))
    path = f"/{kind}/versions/{number}/since/{old}"
    return render_page(
        "changes.html",
        _("Version %(new)s, compared with version %(old)s") % {"new": number, "old": old},
        path=path + (f"/{region}" if region else ""),
        place=wording.region_name(_law(new.document.region)),
        changes=tuple(difference_view(d) for d in differences(former.document, new.document)),
        lang=foreign(new.document),
        same=former.document.digest == new.document.digest,
        regions=region_links(path, new),
        back=f"/{catalog().locale.slug}/{kind}/versions",
    )


def _privacy(jurisdiction: Jurisdiction, path: str) -> Response:
    text = text_for(Kind.PRIVACY, jurisdiction)
    title = text.document.title
    if path != "/privacy":
        # Translators: The title of a page for a region, such as "Privacy policy: Germany".
        # A region whose law came later has the document of the place above it, and that one's address.
        shown, path = _law(text.document.region), f"/privacy/{text.document.region}"
        title = _("%(title)s: %(region)s") % {"title": title, "region": wording.region_name(shown)}
    return render_page(
        "privacy.html",
        title,
        path=path,
        formats=_formats(path),
        text=text_view(text),
        recipients=recipients_since(text),
        place=place_note() if path == "/privacy" else None,
        regions=region_links("/privacy", text),
    )


def _law(region: str) -> Jurisdiction:
    found = law_of_region(region)
    if found is None:
        abort(404)
    return found


def _past(kind: Kind, number: int, region: str | None, locale: str | None = None) -> Text:
    found = past_text(kind, number, _law(region) if region else state().jurisdiction, locale)
    if found is None:
        abort(404)
    return found


def _formats(path: str) -> tuple[Format, ...]:
    base = f"/{catalog().locale.slug}{path}"
    return (Format("text/plain", f"{base}.txt"), Format("application/json", f"{base}.json"))


def _as(text: Text, form: str, live: tuple[str, ...] = ()) -> Response:
    """Send a text in another form.

    Args:
        live: what stands above the text on the page now. What was published earlier has nothing above it.
    """
    document, version = text.document, text.version
    head = {
        "name": document.title,
        "inLanguage": BY_SLUG[document.locale].tag,
        "region": document.region,
        "version": version.number if version else None,
        "dateModified": version.effective.isoformat(timespec="seconds") if version else None,
        "sha256": document.digest,
    }
    if form == "txt":
        lines = (f"{key}: {value}" for key, value in head.items() if key != "name" and value is not None)
        parts = (document.title, "\n".join(lines), *live, document.text)
        response = Response("\n\n".join(parts), mimetype="text/plain")
    else:
        response = jsonify(
            {
                "@context": "https://schema.org",
                "@type": "WebPage",
                **head,
                "now": list(live),
                "sections": [
                    {"id": s.anchor, "title": s.title, "hash": s.key, "text": plain(s.html), "html": s.html}
                    for s in document.sections
                ],
            }
        )
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Language"] = BY_SLUG[document.locale].tag
    request.environ[SHARED] = "page"
    return response
