"""``flask tags``: switch and configure tags. Each change is a published version, live within seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from flask.cli import AppGroup, with_appcontext

from cli.output import as_json, attempt, author, fail, show
from privacy.approvals import Ground
from privacy.checks import Level, Problem, check
from privacy.effects import Sent, asked_again, effects
from privacy.jurisdictions import Jurisdiction
from privacy.policies import Kind
from privacy.templates import BadTag, TagConfig, choosable
from services.store import StoreSilent
from services.tags import ApprovalMissing, ChangedMeanwhile, Proposal
from web.site import site

F = TypeVar("F", bound=Callable[..., Any])

tags = AppGroup("tags", help="Switch and configure tags.")
_ERRORS = (BadTag, ApprovalMissing, ChangedMeanwhile, StoreSilent)

_dry = click.option("--dry-run", is_flag=True, help="Publish nothing: show what it would do to whom.")
_PROBLEMS = {
    Problem.NEVER_LOADS: "can load on no page: {}",
    Problem.NOWHERE: "can load in no place: {}",
    Problem.EMPTY_WINDOW: "its time ends before it starts",
    Problem.BOUNDLESS_ORIGIN: "{} admits everybody's hosts",
    Problem.UNREACHABLE_RULE: "{} is left out by another pattern",
    Problem.CONFLICTING_PLACE: "{} is left out by another place",
    Problem.NO_ENTITY: "{} has no legal entity (flask tags vendor --entity)",
    Problem.NO_COUNTRY: "{} has no country (--country)",
    Problem.UNDECLARED: "sets {}, which nothing declares",
    Problem.UNKNOWN_LIFETIME: "is exempt, and nobody knows how long {} lives",
    Problem.OVER: "its time is over",
    Problem.NO_PRIVACY_LINK: "{} has no link to a privacy policy (--privacy-url)",
    Problem.NOTHING_DECLARED: "{} declares no cookie and no storage: it may use any",
    Problem.WIDE_ORIGIN: "{} admits more than one company's hosts",
    Problem.UNFIT_CATEGORY: "its purposes fit a stricter category than {}",
    Problem.TWICE: "loads the same as {}",
}

_GROUNDS = {
    Ground.EXEMPTION: "exempt from consent ({})",
    Ground.LOOSER_CATEGORY: "in a looser category than {}",
    Ground.LOOSER_VENDOR: "a milder fact of the vendor ({})",
    Ground.NECESSARY: "strictly necessary: {}",
}


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


def _act(proposal: Callable[[], Proposal], note: str, dry_run: bool) -> int | None:
    """Publish a proposal, or show what it would do; return the version, or None where nothing was published."""
    change = attempt(proposal, *_ERRORS)
    now = int(site().reader.now())
    today = datetime.fromtimestamp(now, UTC).date()
    laws = [law for code, _ in site().jurisdictions.regions(today) if (law := site().jurisdictions.region(code, today))]
    known = set(check(change.before, laws, now, site().tags.vendor_library))
    found = [finding for finding in check(change.after, laws, now, site().tags.vendor_library) if finding not in known]
    for finding in found:
        text = _PROBLEMS[finding.problem].format(finding.detail)
        click.echo(f"{finding.level}: {finding.tag} {text}", err=True)
    if any(finding.level is Level.ERROR for finding in found):
        fail("Nothing was published.")
    if not dry_run:
        version = attempt(lambda: site().tags.publish(change, author(), note, approved_by=author()), *_ERRORS)
        for each in change.approvals:
            click.echo(f"approved by {author()}: {each.id}, {_GROUNDS[each.reason].format(each.detail)}", err=True)
        _tell_what_the_policy_lacks(change)
        return version
    _show_effects(change, laws, now)
    return None


def _tell_what_the_policy_lacks(change: Proposal) -> None:
    """Say whom the privacy policy does not name yet. It changes by its own command alone."""
    versions = attempt(lambda: site().policies.versions(Kind.PRIVACY), *_ERRORS)
    named = versions[0].named if versions else frozenset()
    missing = [v.name or v.id for v in (*change.after.recipients, *change.after.profilers) if v.id not in named]
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        click.echo(f"The privacy policy does not name {names} yet: flask policy publish", err=True)


def _show_effects(change: Proposal, laws: list[Jurisdiction], now: int) -> None:
    found = effects(change.before, change.after, laws, now)
    alike: dict[tuple[tuple[str, ...], Sent, Sent], list[str]] = {}
    for effect in found:
        signal = ", with the opt-out signal" if effect.signal else ""
        alike.setdefault((effect.regions, effect.before, effect.after), []).append(_ACTS[effect.act] + signal)
    for (regions, before, after), acts in alike.items():
        click.echo(f"{_some(regions)}: {'; '.join(acts)}")
        for sign, one, other in (("-", before, after), ("+", after, before)):
            for script in one.scripts:
                if script not in other.scripts:
                    click.echo(f"  {sign} script {script}")
            rest = set(_sources(other.csp))
            for source in _sources(one.csp):
                if source not in rest:
                    click.echo(f"  {sign} policy {source}")
    if not found:
        click.echo("Nobody gets anything else.")
    for again in asked_again(change.before, change.after, laws, now):
        names = ", ".join(change.after.vendors[v].name or "this site" for v in again.vendors)
        click.echo(f"Asked again about {', '.join(again.categories)} ({names}): {_some(again.regions)}")
    click.echo("Nothing was published.")


_ACTS = {
    "none": "before a choice",
    "reject": "after Reject",
    "accept": "after Accept",
    "functional": "functional alone",
    "analytics": "statistics alone",
    "marketing": "marketing alone",
}


def _some(regions: tuple[str, ...]) -> str:
    return ", ".join(regions) if len(regions) <= 8 else f"{', '.join(regions[:8])} and {len(regions) - 8} more"


def _sources(csp: str) -> list[str]:
    found = []
    for directive in csp.split("; "):
        name, *values = directive.split(" ")
        found += [f"{name} {value}" for value in values]
    return found


@tags.command("list")
@as_json
@with_appcontext
def list_(json_: bool) -> None:
    """List the tags of the live version."""
    registry = attempt(site().tags.live, *_ERRORS)
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
        for v, at, by, note in attempt(site().tags.history, *_ERRORS)
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
@_limits
@_dry
@with_appcontext
def add(
    tag_id: str,
    settings: tuple[str, ...],
    category: str | None,
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
            category=choosable(category) if category else None,
            settings=_settings(settings),
            storage=storage or (() if no_storage else None),
            priority=priority or 0,
            **rest,
        )
        return site().tags.add(config)

    version = _act(proposal, f"added {tag_id}", dry_run)
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
@_limits
@click.option("--no-limits", is_flag=True, help="Everywhere and always again, before the other options are applied.")
@_dry
@with_appcontext
def set_(
    tag_id: str, pairs: tuple[str, ...], no_exemptions: bool, no_limits: bool, dry_run: bool, **given: Any
) -> None:
    """Change a tag's settings, pages, places, times or exemptions."""

    def proposal() -> Proposal:
        config = next((c for c in site().tags.configs() if c.id == tag_id), None)
        if config is None:
            raise BadTag(f"There is no tag {tag_id!r}.")
        fields: dict[str, Any] = {"settings": {**config.settings, **_settings(pairs)}}
        if no_limits:
            fields |= {"places": (), "not_places": (), "starts": None, "ends": None}
        if no_exemptions:
            fields["exemptions"] = ()
        fields |= {name: value for name, value in given.items() if value not in (None, ())}
        return site().tags.change(tag_id, **fields)

    version = _act(proposal, f"changed {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is changed (version {version}).")


@tags.command("enable")
@click.argument("tag_id", metavar="ID")
@_dry
@with_appcontext
def enable(tag_id: str, dry_run: bool) -> None:
    """Switch a tag on, for those who allow it."""
    version = _act(lambda: site().tags.change(tag_id, enabled=True), f"enabled {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is on for those who allow it (version {version}).")


@tags.command("disable")
@click.argument("tag_id", metavar="ID")
@_dry
@with_appcontext
def disable(tag_id: str, dry_run: bool) -> None:
    """Switch a tag off, for everybody."""
    version = _act(lambda: site().tags.change(tag_id, enabled=False), f"disabled {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is off for everybody (version {version}).")


@tags.command("remove")
@click.argument("tag_id", metavar="ID")
@_dry
@with_appcontext
def remove(tag_id: str, dry_run: bool) -> None:
    """Remove a tag. Cookies that it set are still expired where browsers bring them."""
    version = _act(lambda: site().tags.remove(tag_id), f"removed {tag_id}", dry_run)
    if version:
        click.echo(f"{tag_id} is removed (version {version}).")


@tags.command("rollback")
@click.argument("number", type=int, metavar="VERSION")
@_dry
@with_appcontext
def rollback(number: int, dry_run: bool) -> None:
    """Bring back what an earlier version had, as a new version."""
    version = _act(lambda: site().tags.roll_back(number), f"rolled back to version {number}", dry_run)
    if version:
        click.echo(f"Version {number} is back (as version {version}).")
