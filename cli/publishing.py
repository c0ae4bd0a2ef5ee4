"""Publish a change of the tags from the command line, or show what it would do to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import click

from cli.output import attempt, author, fail
from privacy.approvals import Ground
from privacy.checks import Level, Problem, check
from privacy.effects import Sent, asked_again, effects
from privacy.fields import BadTag
from privacy.jurisdictions import Jurisdiction
from privacy.policies import Kind
from services.store import StoreSilent
from services.tags import ApprovalMissing, ChangedMeanwhile, Proposal
from web.site import site

ERRORS = (BadTag, ApprovalMissing, ChangedMeanwhile, StoreSilent)

dry = click.option("--dry-run", is_flag=True, help="Publish nothing: show what it would do to whom.")
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


def carry_out(proposal: Callable[[], Proposal], note: str, dry_run: bool) -> int | None:
    """Publish a proposal, or show what it would do; return the version, or None where nothing was published."""
    change = attempt(proposal, *ERRORS)
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
        version = attempt(lambda: site().tags.publish(change, author(), note, approved_by=author()), *ERRORS)
        for each in change.approvals:
            click.echo(f"approved by {author()}: {each.id}, {_GROUNDS[each.reason].format(each.detail)}", err=True)
        _tell_what_the_policy_lacks(change)
        return version
    _show_effects(change, laws, now)
    return None


def _tell_what_the_policy_lacks(change: Proposal) -> None:
    """Say whom the privacy policy does not name yet. It changes by its own command alone."""
    versions = attempt(lambda: site().policies.versions(Kind.PRIVACY), *ERRORS)
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
