"""``flask tags``: switch and configure tags. Each change is a published version, live within seconds."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, attempt, author, show
from privacy.templates import BadTag, TagConfig, choosable
from services.tags import ChangedMeanwhile
from web.site import site

tags = AppGroup("tags", help="Switch and configure tags.")
_ERRORS = (BadTag, ChangedMeanwhile)


def _settings(pairs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise BadTag(f"--set takes NAME=VALUE; {pair!r} is not that.")
        found[name] = (*found.get(name, ()), value)
    return found


@tags.command("list")
@as_json
@with_appcontext
def list_(json_: bool) -> None:
    """List the tags of the live version."""
    registry = site().tags.live()
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
        for v, at, by, note in site().tags.history()
    ]
    show(rows, ("version", "at", "by", "what"), json_, "Nothing was published yet.")


@tags.command("add")
@click.argument("tag_id", metavar="ID")
@click.option("--template", required=True, help="ga4, gtm, matomo, plausible, meta-pixel, … or custom.")
@click.option("--category", help="functional, analytics or marketing (custom scripts).")
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
@with_appcontext
def add(tag_id: str, settings: tuple[str, ...], category: str | None, storage: tuple[str, ...], **rest: Any) -> None:
    """Add a tag, switched off."""

    def act() -> int:
        no_storage = rest.pop("no_storage")
        config = TagConfig(
            id=tag_id,
            category=choosable(category) if category else None,
            settings=_settings(settings),
            storage=storage or (() if no_storage else None),
            **rest,
        )
        return site().tags.add(config, author())

    version = attempt(act, *_ERRORS)
    click.echo(f"{tag_id} is added and off (version {version}). To switch it on: flask tags enable {tag_id}")


@tags.command("set")
@click.argument("tag_id", metavar="ID")
@click.argument("pairs", nargs=-1, metavar="NAME=VALUE…")
@click.option("--vendor", help="The vendor's name, corrected; nobody is asked again for it (custom scripts).")
@click.option("--include", multiple=True, metavar="PATTERN")
@click.option("--exclude", multiple=True, metavar="PATTERN")
@click.option("--exemption", "exemptions", multiple=True, metavar="ID", help="An exemption that it meets in full.")
@click.option("--no-exemptions", is_flag=True)
@with_appcontext
def set_(
    tag_id: str,
    pairs: tuple[str, ...],
    vendor: str | None,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    exemptions: tuple[str, ...],
    no_exemptions: bool,
) -> None:
    """Change a tag's settings, pages or exemptions."""

    def act() -> int:
        config = next((c for c in site().tags.configs() if c.id == tag_id), None)
        if config is None:
            raise BadTag(f"There is no tag {tag_id!r}.")
        fields: dict[str, Any] = {"settings": {**config.settings, **_settings(pairs)}}
        if vendor:
            fields["vendor"] = vendor
        if include:
            fields["include"] = include
        if exclude:
            fields["exclude"] = exclude
        if exemptions or no_exemptions:
            fields["exemptions"] = exemptions
        return site().tags.change(tag_id, author(), f"changed {tag_id}", **fields)

    version = attempt(act, *_ERRORS)
    click.echo(f"{tag_id} is changed (version {version}).")


@tags.command("enable")
@click.argument("tag_id", metavar="ID")
@with_appcontext
def enable(tag_id: str) -> None:
    """Switch a tag on, for those who allow it."""
    version = attempt(lambda: site().tags.switch(tag_id, True, author()), *_ERRORS)
    click.echo(f"{tag_id} is on for those who allow it (version {version}).")


@tags.command("disable")
@click.argument("tag_id", metavar="ID")
@with_appcontext
def disable(tag_id: str) -> None:
    """Switch a tag off, for everybody."""
    version = attempt(lambda: site().tags.switch(tag_id, False, author()), *_ERRORS)
    click.echo(f"{tag_id} is off for everybody (version {version}).")


@tags.command("remove")
@click.argument("tag_id", metavar="ID")
@with_appcontext
def remove(tag_id: str) -> None:
    """Remove a tag. Cookies that it set are still expired where browsers bring them."""
    version = attempt(lambda: site().tags.remove(tag_id, author()), *_ERRORS)
    click.echo(f"{tag_id} is removed (version {version}).")
