"""``flask policy``: publish the texts, and read what was published. A published version never changes."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, attempt, author, fail, show
from privacy.categories import CHOOSABLE, Category
from privacy.policies import Change, Document, Doubt, Kind, differences
from services.policies import NothingNew, Overtaken
from services.store import StoreSilent
from web.site import site

policy = AppGroup("policy", help="Publish the privacy policy and the cookie policy, and read their versions.")
_KIND = click.Choice([kind.value for kind in Kind])
_document = click.option(
    "--document", "kind", type=_KIND, default=Kind.PRIVACY.value, show_default=True, help="Which text."
)
_locale = click.option("--locale", default="en", show_default=True, help="Its language, as addresses write it.")
_region = click.option("--region", default="row", show_default=True, help="The place that it is for: de, us-ca, …")


@policy.command("status")
@as_json
@with_appcontext
def status(json_: bool) -> None:
    """Show what is in force, what is announced, and whether the working text differs."""
    rows = []
    for kind in Kind:
        holds, coming = attempt(lambda kind=kind: site().policies.state(kind), StoreSilent)  # type: ignore[misc]
        drift = attempt(lambda kind=kind: site().policies.drift(kind, site().tags.live()), StoreSilent)  # type: ignore[misc]
        anchors = sorted({anchor for each in drift for anchor in each.anchors})
        rows.append(
            {
                "document": kind.value,
                "in force": holds.number if holds else "none",
                "since": _moment(holds.effective) if holds else "",
                "announced": ", ".join(f"{v.number} on {_moment(v.effective)}" for v in coming) or "none",
                "not published": ", ".join(anchors) or "nothing",
                "pages": len(drift),
            }
        )
    show(rows, ("document", "in force", "since", "announced", "not published", "pages"), json_, "")


@policy.command("publish")
@_document
@click.option("--note", "notes", multiple=True, required=True, metavar="[LOCALE=]TEXT", help="What changed.")
@click.option(
    "--material",
    "material",
    multiple=True,
    type=click.Choice([c.value for c in CHOOSABLE]),
    help="The change touches what was agreed to in this category: visitors are asked again about it.",
)
@click.option("--not-material", is_flag=True, help="The change touches nothing that anybody agreed to.")
@click.option(
    "--effective",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="From when it holds, UTC. Until then the page announces it. At once where it is left out.",
)
@click.option("--at-once", is_flag=True, help="A material change that cannot wait until it was announced.")
@click.option("--withdraw", "withdraws", is_flag=True, help="What is announced for later never takes effect.")
@with_appcontext
def publish(
    kind: str,
    notes: tuple[str, ...],
    material: tuple[str, ...],
    not_material: bool,
    effective: datetime | None,
    at_once: bool,
    withdraws: bool,
) -> None:
    """Freeze the working text as the next version, in every language and for every place."""
    if bool(material) == not_material:
        fail("Say what the change is: --material CATEGORY for each that it touches, or --not-material.")
    before = attempt(lambda: site().policies.state(Kind(kind))[1], StoreSilent)
    said = _notes(notes)
    version = attempt(
        lambda: site().policies.publish(
            Kind(kind),
            site().tags.live(),
            author=author(),
            note=said,
            material=frozenset(Category(c) for c in material),
            effective=effective.replace(tzinfo=UTC) if effective else None,
            at_once=at_once,
            withdraws=withdraws,
        ),
        Doubt,
        NothingNew,
        Overtaken,
        StoreSilent,
    )
    when = "is in force" if version.effective <= version.published else f"takes effect on {_moment(version.effective)}"
    click.echo(f"Version {version.number} of the {kind} policy {when} (sha256 {version.digest}).")
    for former in before:
        if former.effective == version.effective:
            click.echo(f"It takes the place of version {former.number}, which was announced for then.")
        elif former.effective > version.effective:
            click.echo(f"Version {former.number}, announced for {_moment(former.effective)}, is withdrawn.")


@policy.command("history")
@_document
@as_json
@with_appcontext
def history(kind: str, json_: bool) -> None:
    """List the versions of a text, newest first."""
    rows = [
        {
            "version": v.number,
            "published": _moment(v.published),
            "effective": _moment(v.effective),
            "by": v.author,
            "asks again about": ", ".join(c.value for c in CHOOSABLE if c in v.material) or "nothing",
            "what": v.note.get("en") or next(iter(v.note.values()), ""),
            "sha256": v.digest,
        }
        for v in attempt(lambda: site().policies.versions(Kind(kind)), StoreSilent)
    ]
    show(rows, ("version", "published", "effective", "by", "asks again about", "what"), json_, "None was published.")


@policy.command("diff")
@click.argument("old", type=int)
@click.argument("new", required=False)
@_document
@_locale
@_region
@as_json
@with_appcontext
def diff(old: int, new: str | None, kind: str, locale: str, region: str, json_: bool) -> None:
    """Show word by word what changed from version OLD to version NEW, or to the working text where NEW is left out."""
    which = Kind(kind)
    before = _frozen(which, old, locale, region)
    if new is None:
        after = next(
            (d for d in site().policies.working(which, site().tags.live()) if (d.locale, d.region) == (locale, region)),
            None,
        )
        if after is None:
            fail(f"There is no text in {locale} for {region}.")
    else:
        if not (new.isascii() and new.isdigit()):
            fail(f"NEW takes the number of a version; {new!r} is none.")
        after = _frozen(which, int(new), locale, region)
    found = differences(before, after)
    rows = [{"section": d.anchor, "title": d.title, "words": [[c.value, w] for c, w in d.runs]} for d in found]
    if json_:
        show(rows, ("section",), True, "")
        return
    if not found:
        click.echo("Nothing differs.")
    colours = sys.stdout.isatty()
    for each in found:
        click.echo(click.style(f"## {each.title}", bold=colours))
        for change, words in each.runs:
            if change is Change.SAME:
                click.echo(_shortened(words), nl=False)
            else:
                head, tail, colour = ("{+", "+}", "green") if change is Change.ADDED else ("[-", "-]", "red")
                click.echo(click.style(f"{head}{words.strip()}{tail}", fg=colour if colours else None), nl=False)
                click.echo("\n" if words.endswith("\n") else "", nl=False)
        click.echo()


def _frozen(kind: Kind, number: int, locale: str, region: str) -> Document:
    edition = attempt(lambda: site().policies.edition(kind, number, locale), StoreSilent)
    found = edition.document(locale, region) if edition else None
    if found is None:
        fail(f"Version {number} of the {kind} policy has no text in {locale} for {region}.")
    return found


def _shortened(words: str) -> str:
    lines = words.splitlines(keepends=True)
    if len(lines) <= 4:
        return words
    return "".join([*lines[:1], "…\n", *lines[-2:]])


def _notes(texts: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        locale, equals, words = text.partition("=")
        is_named = bool(equals) and bool(re.fullmatch(r"[a-z]{2,3}(-[a-z]{2})?", locale))
        if is_named and locale not in site().catalogs:
            fail(f"There is no language {locale!r} here: --note takes {', '.join(site().catalogs)}.")
        key, said = (locale, words.strip()) if is_named else ("en", text.strip())
        if key in found or not said:
            fail(f"--note takes one text for {key}, and not an empty one.")
        found[key] = said
    if "en" not in found:
        fail("--note in English is missing: it stands where a language has none of its own.")
    return found


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(sep=" ", timespec="minutes").removesuffix("+00:00")
