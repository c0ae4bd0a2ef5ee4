"""What a change of the tags does to whom: scripts, policy, and who is asked again, before it is published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from privacy.admission import admit
from privacy.categories import CHOOSABLE, Category
from privacy.choice import Choice, Intent, Ticks
from privacy.decision import Signals, choose, decide
from privacy.jurisdictions import Jurisdiction
from privacy.registry import Registry

_NOBODY = "A" * 22


@dataclass(frozen=True, slots=True)
class Act:
    """Name what a visitor did: nothing (None), accepted, refused, or switched on one category alone."""

    intent: Intent | None
    category: Category | None = None

    @property
    def key(self) -> str:
        """Give its short name."""
        return self.category.value if self.category else self.intent.value if self.intent else "none"


ACTS = (Act(None), Act(Intent.REJECT), Act(Intent.ACCEPT), *(Act(Intent.SAVE, c) for c in CHOOSABLE))


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold what a browser gets on a page: each script as ``tag address``, and the policy."""

    scripts: tuple[str, ...]
    csp: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Hold what changes for the visitors of some regions who did one thing."""

    regions: tuple[str, ...]
    act: str
    signal: bool
    before: Sent
    after: Sent


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """Hold which visitors are asked again: those of some regions who answered everything before the change."""

    regions: tuple[str, ...]
    categories: tuple[Category, ...]
    vendors: tuple[str, ...]


def effects(
    old: Registry, new: Registry, laws: Iterable[Jurisdiction], now: int, *, path: str = "/"
) -> tuple[Effect, ...]:
    """Return every difference between what two registries send, for each law, act and signal.

    Regions in which the same differs are one row. Who accepted before is shown what they would get once they have
    answered what the new registry asks.

    Args:
        now: seconds since the epoch, UTC.
        path: the page, without its locale.
    """
    found: dict[tuple[str, bool, Sent, Sent], list[str]] = {}
    for law in laws:
        for act in ACTS:
            for signal in (False, True):
                before, after = (_sent(registry, law, act, signal, now, path) for registry in (old, new))
                if before != after:
                    found.setdefault((act.key, signal, before, after), []).append(law.region)
    return tuple(
        Effect(tuple(regions), act, signal, before, after) for (act, signal, before, after), regions in found.items()
    )


def asked_again(old: Registry, new: Registry, laws: Iterable[Jurisdiction], now: int) -> tuple[AskedAgain, ...]:
    """Return who would be asked again: visitors who accepted or refused everything under the old registry."""
    found: dict[tuple[tuple[Category, ...], tuple[str, ...]], list[str]] = {}
    for law in laws:
        before, after = old.at(law, now), new.at(law, now)
        categories: dict[Category, None] = {}
        vendors: dict[str, None] = {}
        for act in (Act(Intent.ACCEPT), Act(Intent.REJECT)):
            decision = decide(law, chosen(before, law, act, Signals(), now), Signals(), after, now)
            categories.update(dict.fromkeys(decision.changed))
            known = set(before.pairs)
            vendors.update(
                (g.vendor, None)
                for g in decision.grants
                if g.category in decision.changed
                and (g.pair not in known or not after.purposes(g.pair) <= before.purposes(g.pair))
            )
        if categories:
            found.setdefault((tuple(c for c in CHOOSABLE if c in categories), tuple(vendors)), []).append(law.region)
    return tuple(AskedAgain(tuple(regions), categories, vendors) for (categories, vendors), regions in found.items())


def chosen(registry: Registry, law: Jurisdiction, act: Act, signals: Signals, now: int) -> Choice | None:
    """Return the choice to which an act leads, or None where nothing was chosen.

    Args:
        registry: as it is under the law at that time.
        now: seconds since the epoch, UTC.
    """
    if act.intent is None:
        return None
    ticks = Ticks(categories=frozenset({act.category} if act.category else ()))
    return choose(
        law, None, signals, registry, now, intent=act.intent, ticks=ticks, about=CHOOSABLE, age=None, fresh_id=_NOBODY
    ).choice


def _sent(registry: Registry, law: Jurisdiction, act: Act, signal: bool, now: int, path: str) -> Sent:
    here = registry.at(law, now)
    signals = Signals(sent=signal)
    decision = decide(law, chosen(here, law, act, signals, now), signals, here, now)
    admitted = admit(here, decision, path=path)
    return Sent(tuple(f"{element.tag} {element.src}" for element in admitted.elements), admitted.csp)
