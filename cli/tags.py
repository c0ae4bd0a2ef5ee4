"""``flask tags``: switch and configure tags. Each change is a published version, live within seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, attempt, show
from cli.publishing import ERRORS, carry_out, dry
from privacy.categories import Category
from privacy.configs import TagConfig
from privacy.fields import BadTag
from privacy.templates import choosable
from services.tags import Proposal
from web.site import site

F = TypeVar("F", bound=Callable[..., Any])

tags = AppGroup("tags", help="Switch and configure tags.")


def _settings(pairs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadTag(f"--set takes NAME=VALUE; {pair!r} is not that.")
        found[name] = (*found.get(name, ()), value)
    return found


def _moment(seconds: int | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="minutes") if seconds is not None else ""


def _category(name: str | None, reason: str | None) -> Category | None:
    """Read a category. What is strictly necessary is open to a script that gives its reason, and to nothing else."""
    if name == Category.NECESSARY and reason is not None:
        return Category.NECESSARY
    return choosable(name) if name else None


def _text(path: Path | None) -> str | None:
    """Read a snippet's file."""
    if path is None:
        return None
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTag(f"{path.name} cannot be read as text in UTF-8.", "snippet") from error


_snippet = click.option(
    "--snippet",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The script itself: JavaScript, or one script element around it (template snippet).",
)


def _limits(command: F) -> F:
    """Add the options that say where, when and in which order a tag loads."""
    for option in (
        click.option("--place", "places", multiple=True, metavar="CODE", help="Load only there: de, us-ca, eu, …"),
        click.option("--not-place", "not_places", multiple=True, metavar="CODE", help="Do not load there."),
        click.option("--from", "starts", metavar="TIME", help="From when, ISO 8601; UTC unless it names a zone."),
        click.option("--until", "ends", metavar="TIME", help="Until when."),
        click.option("--priority", type=int, help="-100 to 100; lower ones load first; 0 unless said."),
    ):
        command = option(command)
    return command


@tags.command("list")
@as_json
@with_appcontext
def list_(json_: bool) -> None:
    """List the tags of the live version."""
    registry = attempt(site().tags.live, *ERRORS)
    rows = [
        {
            "id": tag.id,
            "state": "on" if tag.enabled else "off",
            "template": tag.template,
            "category": ",".join(dict.fromkeys(c.value for c, _ in tag.needs)),
            "vendor": ",".join(dict.fromkeys(v for _, v in tag.pairs)),
            "pages": ",".join(tag.include) + "".join(f" not {p}" for p in tag.exclude),
            "settings": dict(tag.settings),
            "exemptions": sorted(tag.exemptions),
            "places": ",".join(sorted(tag.limits.places)) + "".join(f" not {p}" for p in sorted(tag.limits.not_places)),
            "starts": _moment(tag.limits.starts),
            "ends": _moment(tag.limits.ends),
            "priority": tag.priority,
            "version": registry.version,
        }
        for tag in registry.tags
    ]
    show(rows, ("id", "state", "template", "category", "vendor", "pages"), json_, "There are no tags.")


@tags.command("history")
@as_json
@with_appcontext
def history(json_: bool) -> None:
    """List the published versions, newest first."""
    rows = [
        {"version": v, "at": at.isoformat(timespec="seconds"), "by": by, "what": note}
        for v, at, by, note in attempt(site().tags.history, *ERRORS)
    ]
    show(rows, ("version", "at", "by", "what"), json_, "Nothing was published yet.")


@tags.command("add")
@click.argument("tag_id", metavar="ID")
@click.option("--template", required=True, help="ga4, gtm, matomo, plausible, meta-pixel, … or custom.")
@click.option("--category", help="functional, analytics or marketing (custom scripts).")
@click.option("--reason", help="Why the site fails without: with --category necessary alone.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the template.")
@click.option("--vendor", help="The vendor's name (custom scripts).")
@click.option("--vendor-role", type=click.Choice(["processor", "third_party"]), default="processor", show_default=True)
@click.option("--links-identity", is_flag=True, help="It links what it gets to persons it knows (custom scripts).")
@click.option("--privacy-url", help="The vendor's privacy policy (custom scripts).")
@click.option("--country", help="Where the data go: a country's code (custom scripts).")
@click.option("--purpose", "purposes", multiple=True, help="What the script is for (custom scripts).")
@click.option("--cookie", "cookies", multiple=True, metavar="NAME", help="A cookie it sets; * at the end for any.")
@click.option("--storage", multiple=True, metavar="KEY", help="A storage key it sets; without any, it may set all.")
@click.option("--no-storage", is_flag=True, help="It keeps nothing in the browser's storage.")
@click.option("--integrity", help="sha384-… of the script (SRI).")
@click.option("--include", multiple=True, metavar="PATTERN", help="Pages to load on, without the locale: /privacy*.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Pages not to load on.")
@click.option("--position", type=click.Choice(["head", "body"]))
@_snippet
@_limits
@dry
@with_appcontext
def add(
    tag_id: str,
    settings: tuple[str, ...],
    category: str | None,
    reason: str | None,
    snippet: Path | None,
    storage: tuple[str, ...],
    no_storage: bool,
    priority: int | None,
    dry_run: bool,
    **rest: Any,
) -> None:
    """Add a tag, switched off."""

    def proposal() -> Proposal:
        config = TagConfig(
            id=tag_id,
            category=_category(category, reason),
            reason=reason,
            snippet=_text(snippet),
            settings=_settings(settings),
            storage=storage or (() if no_storage else None),
            priority=priority or 0,
            **rest,
        )
        return site().tags.add(config)

    version = carry_out(proposal, f"added {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is added and off (version {version}). To switch it on: flask tags enable {tag_id}")


@tags.command("set")
@click.argument("tag_id", metavar="ID")
@click.argument("pairs", nargs=-1, metavar="NAME=VALUE…")
@click.option("--vendor", help="The vendor's name, corrected; nobody is asked again for it (custom scripts).")
@click.option("--include", multiple=True, metavar="PATTERN")
@click.option("--exclude", multiple=True, metavar="PATTERN")
@click.option("--exemption", "exemptions", multiple=True, metavar="ID", help="An exemption that it meets in full.")
@click.option("--no-exemptions", is_flag=True)
@_snippet
@_limits
@click.option("--no-limits", is_flag=True, help="Everywhere and always again, before the other options are applied.")
@dry
@with_appcontext
def set_(
    tag_id: str,
    pairs: tuple[str, ...],
    no_exemptions: bool,
    no_limits: bool,
    snippet: Path | None,
    dry_run: bool,
    **given: Any,
) -> None:
    """Change a tag's settings, snippet, pages, places, times or exemptions."""

    def proposal() -> Proposal:
        config = next((c for c in site().tags.configs() if c.id == tag_id), None)
        if config is None:
            raise BadTag(f"There is no tag {tag_id!r}.")
        fields: dict[str, Any] = {"settings": {**config.settings, **_settings(pairs)}}
        if no_limits:
            fields |= {"places": (), "not_places": (), "starts": None, "ends": None}
        if no_exemptions:
            fields["exemptions"] = ()
        if snippet:
            fields["snippet"] = _text(snippet)
        fields |= {name: value for name, value in given.items() if value not in (None, ())}
        return site().tags.change(tag_id, **fields)

    version = carry_out(proposal, f"changed {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is changed (version {version}).")


@tags.command("enable")
@click.argument("tag_id", metavar="ID")
@dry
@with_appcontext
def enable(tag_id: str, dry_run: bool) -> None:
    """Switch a tag on, for those who allow it."""
    version = carry_out(lambda: site().tags.change(tag_id, enabled=True), f"enabled {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is on for those who allow it (version {version}).")


@tags.command("disable")
@click.argument("tag_id", metavar="ID")
@dry
@with_appcontext
def disable(tag_id: str, dry_run: bool) -> None:
    """Switch a tag off, for everybody."""
    version = carry_out(lambda: site().tags.change(tag_id, enabled=False), f"disabled {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is off for everybody (version {version}).")


@tags.command("remove")
@click.argument("tag_id", metavar="ID")
@dry
@with_appcontext
def remove(tag_id: str, dry_run: bool) -> None:
    """Remove a tag. Cookies that it set are still expired where browsers bring them."""
    version = carry_out(lambda: site().tags.remove(tag_id), f"removed {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is removed (version {version}).")


@tags.command("rollback")
@click.argument("number", type=int, metavar="VERSION")
@dry
@with_appcontext
def rollback(number: int, dry_run: bool) -> None:
    """Bring back what an earlier version had, as a new version."""
    version = carry_out(lambda: site().tags.roll_back(number), f"rolled back to version {number}", dry_run)
    if version:
        click.echo(f"Version {number} is back (as version {version}).")
