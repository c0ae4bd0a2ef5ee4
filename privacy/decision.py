"""The one pure function: place, choice, signals and registry in, a decision with its reasons out."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from privacy.categories import CHOOSABLE, Category, Model, strictest
from privacy.choice import BROWSER_MAX_DAYS, Answer, Choice, Intent, Ticks, tally
from privacy.jurisdictions import Exemption, Jurisdiction
from privacy.registry import Pair, Registry

DAY = 86_400


class Reason(StrEnum):
    """Say why a pair is granted or denied."""

    EXEMPT = "exempt"
    NOTICE = "notice"
    NOT_REFUSED = "not-refused"
    CHOSEN = "chosen"
    REFUSED = "refused"
    SIGNAL = "signal"
    NOT_ASKED = "not-asked"
    CHANGED = "changed"
    EXPIRED = "expired"
    MINOR = "minor"


@dataclass(frozen=True, slots=True)
class Signals:
    """Hold the opt-out preference signals of a request.

    Args:
        sent: the header ``Sec-GPC`` was exactly ``1`` (W3C Global Privacy Control).
        remembered: an earlier response recorded the signal in the constant, signed cookie.
    """

    sent: bool = False
    remembered: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Hold the outcome for one pair."""

    category: Category
    vendor: str
    granted: bool
    reason: Reason
    model: Model

    @property
    def pair(self) -> Pair:
        """Give the pair."""
        return self.category, self.vendor


@dataclass(frozen=True, slots=True)
class Decision:
    """Hold what may be sent to one visitor, and what is still to ask.

    Args:
        region: the region whose law was applied.
        grants: one for each active pair.
        open: the categories about which the banner asks; empty where none is shown.
        changed: those of them that are asked again because something material changed.
        banner: the strictest model that the banner asks under, or None where there is no banner.
        chosen: whether a valid choice was read.
        expired: whether a choice was read that has run out here.
        signal: whether an opt-out signal is in force and denies something.
        signal_shown: whether the law asks that the page say so.
        signal_to_set: whether the response has to record a signal that binds by law.
        age: the age band that a minor stated.
    """

    region: str
    grants: tuple[Grant, ...]
    open: tuple[Category, ...] = ()
    changed: tuple[Category, ...] = ()
    banner: Model | None = None
    chosen: bool = False
    expired: bool = False
    signal: bool = False
    signal_shown: bool = False
    signal_to_set: bool = False
    age: tuple[int, int] | None = None

    def grants_pair(self, pair: Pair) -> bool:
        """Say whether a pair is granted."""
        return any(g.granted for g in self.grants if g.pair == pair)

    def of(self, category: Category) -> tuple[Grant, ...]:
        """Return the grants of a category."""
        return tuple(g for g in self.grants if g.category is category)

    def granted(self, category: Category) -> bool | None:
        """Return True where all of a category is granted, False where none is, None where some is."""
        return tally({g.pair: g.granted for g in self.grants}, category)


def effective_model(jurisdiction: Jurisdiction, registry: Registry, pair: Pair, age: tuple[int, int] | None) -> Model:
    """Return the model under which a pair stands: the strictest that any of its tags and facts ask for.

    A statutory exemption applies only where every tag of the pair is marked as meeting its conditions.
    """
    category, vendor_id = pair
    if category is Category.NECESSARY:
        return Model.EXEMPT
    rule = jurisdiction.rule(category)
    vendor = registry.vendors[vendor_id]
    models = [_base(rule.model, [tag.exemptions for tag in registry.tags_of(pair)], rule.exemptions)]
    if vendor.ask_first or any(tag.ask_first for tag in registry.tags_of(pair)):
        models.append(Model.OPT_IN)
    for tightening in rule.tightenings:
        if _holds(tightening.when, vendor.role == "third_party", vendor.links(category)):
            models.append(tightening.model)
    if age and category is Category.MARKETING:
        models.append(jurisdiction.band_of(age))
    return strictest(*models)


def _base(model: Model, marked: list[frozenset[str]], exemptions: tuple[Exemption, ...]) -> Model:
    for exemption in exemptions:
        if marked and all(exemption.id in ids for ids in marked):
            return exemption.model
    return model


def _holds(when: str, third_party: bool, links_identity: bool) -> bool:
    return {"sale_or_share": third_party, "links_identity": links_identity}.get(when, True)


@lru_cache(maxsize=1024)
def months_after(at: int, months: int) -> int:
    """Return the time ``months`` calendar months after a time (seconds, UTC), on the month's last day at most."""
    start = datetime.fromtimestamp(at, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def expires_at(jurisdiction: Jurisdiction, at: int) -> int | None:
    """Return when an answer given at a time (seconds, UTC) runs out in a place, or None where it does not.

    Acceptance and refusal run out together, never later than the longest life of the cookie there.
    """
    life = jurisdiction.lifetimes
    ends = []
    if life.accept_max_months is not None:
        ends.append(months_after(at, max(life.accept_max_months, 1)))
    if life.cookie_max_days is not None:
        ends.append(at + life.cookie_max_days * DAY)
    return min(ends, default=None)


def cookie_max_age(jurisdiction: Jurisdiction, at: int, now: int) -> int:
    """Return how many seconds the cookie of a choice may live: never beyond the row's limit or the browser's."""
    ends = expires_at(jurisdiction, at)
    limit = BROWSER_MAX_DAYS * DAY
    return min(limit, max(ends - now, 0)) if ends is not None else limit


def signal_denies(jurisdiction: Jurisdiction, registry: Registry, pair: Pair) -> bool:
    """Say whether an opt-out signal denies a pair in a place.

    Marketing and what the row adds; where the signal binds, also a vendor to which disclosure is sale or
    sharing (11 CCR § 7025(c)(1)).
    """
    category, vendor_id = pair
    if category is Category.NECESSARY:
        return False
    if category in jurisdiction.signal.denies:
        return True
    if not jurisdiction.signal.binding:
        return False
    vendor = registry.vendors[vendor_id]
    return any(t.when == "sale_or_share" for t in jurisdiction.rule(category).tightenings) and (
        vendor.role == "third_party"
    )


def decide(
    jurisdiction: Jurisdiction, choice: Choice | None, signals: Signals, registry: Registry, now: int
) -> Decision:
    """Decide what may be sent.

    Precedence: a choice made while the signal was in force, then the signal, then an earlier choice, then
    the jurisdiction's default. A signal is never a grant.

    Args:
        jurisdiction: the law of the visitor's place today.
        choice: the stored choice, or None.
        signals: the opt-out signals of the request.
        registry: the vendors and tags that are live.
        now: seconds since the epoch, UTC.
    """
    age = choice.age if choice else None
    valid = {
        c: choice for c in CHOOSABLE if choice and choice.category(c) and not _ran_out(jurisdiction, choice, c, now)
    }
    ran_out = [c for c in CHOOSABLE if choice and choice.category(c) and c not in valid]
    kept_refusals = None if jurisdiction.lifetimes.opt_out_expires else choice
    in_force = signals.sent or signals.remembered
    grants = []
    for pair in registry.pairs:
        model = effective_model(jurisdiction, registry, pair, age)
        answered = valid.get(pair[0])
        silenced = in_force and signal_denies(jurisdiction, registry, pair) and not _overrides(answered, pair)
        granted, reason = _outcome(model, pair, answered, registry, silenced)
        if pair[0] in ran_out:
            if reason is Reason.NOT_ASKED:
                reason = Reason.EXPIRED
            if granted and kept_refusals and _refused_before(kept_refusals, pair):
                granted, reason = False, Reason.REFUSED
        grants.append(Grant(pair[0], pair[1], granted, reason, model))
    denied = [g for g in grants if signal_denies(jurisdiction, registry, g.pair)]
    silenced_any = any(g.reason is Reason.SIGNAL for g in denied) or not any(g.granted for g in denied)
    signal = in_force and bool(jurisdiction.signal.denies) and silenced_any
    decision = Decision(
        region=jurisdiction.region,
        grants=tuple(grants),
        chosen=bool(valid),
        expired=bool(ran_out),
        signal=signal,
        signal_shown=signal and jurisdiction.signal.must_display,
        signal_to_set=signals.sent and jurisdiction.signal.remembered and not signals.remembered,
        age=age,
    )
    return _with_questions(decision, jurisdiction, valid, registry)


def _ran_out(jurisdiction: Jurisdiction, choice: Choice, category: Category, now: int) -> bool:
    at = choice.moment(category)
    ends = expires_at(jurisdiction, at)
    # A clock that ran backwards makes an answer from the future: believe nothing that it grants.
    return (ends is not None and now >= ends) or at > now + DAY


def next_expiry(jurisdiction: Jurisdiction, choice: Choice, now: int) -> int | None:
    """Return when the next answer of a choice runs out in a place after a time, or None where none does."""
    ends = (expires_at(jurisdiction, choice.moment(c)) for c in CHOOSABLE if choice.category(c))
    return min((end for end in ends if end is not None and end > now), default=None)


def _overrides(choice: Choice | None, pair: Pair) -> bool:
    """Say whether a choice made while the signal was in force allowed a pair by an act. Nothing less overrides."""
    answered = choice.answer(pair) if choice and choice.was_during_signal(pair[0]) else None
    return answered is not None and answered[0] is Answer.GIVEN


def _outcome(
    model: Model, pair: Pair, choice: Choice | None, registry: Registry, silenced: bool
) -> tuple[bool, Reason]:
    if model is Model.PROHIBITED:
        return False, Reason.MINOR
    if silenced:
        return False, Reason.SIGNAL
    if pair[0] is Category.NECESSARY:
        return True, Reason.EXEMPT
    answered = choice.answer(pair) if choice else None
    covers = _covers(choice, pair, registry)
    if answered and answered[0] is Answer.REFUSED:
        return False, Reason.REFUSED if covers else Reason.CHANGED
    if model is Model.OPT_IN:
        if answered and answered[0] is Answer.GIVEN:
            return (True, Reason.CHOSEN) if covers else (False, Reason.CHANGED)
        if choice and answered is None and choice.category(pair[0]):
            return False, Reason.CHANGED
        return False, Reason.NOT_ASKED
    if answered and covers and answered[0] is Answer.GIVEN:
        return True, Reason.CHOSEN
    if choice and answered is None and choice.category(pair[0]) is Answer.REFUSED:
        # An objection to a category holds for a vendor that came later.
        return False, Reason.REFUSED
    default = {Model.EXEMPT: Reason.EXEMPT, Model.NOTICE: Reason.NOTICE}
    return True, default.get(model, Reason.NOT_REFUSED)


def _covers(choice: Choice | None, pair: Pair, registry: Registry) -> bool:
    """Say whether an answer was given to what holds now: to these purposes, and to the policy as it reads."""
    answered = choice.answer(pair) if choice else None
    if choice is None or answered is None:
        return False
    return registry.purposes(pair) <= answered[1] and not registry.is_old(pair[0], choice.moment(pair[0]))


def _refused_before(choice: Choice, pair: Pair) -> bool:
    answered = choice.answer(pair)
    return (answered is not None and answered[0] is Answer.REFUSED) or (
        answered is None and choice.category(pair[0]) is Answer.REFUSED
    )


def _with_questions(
    decision: Decision, jurisdiction: Jurisdiction, valid: Mapping[Category, Choice], registry: Registry
) -> Decision:
    if not jurisdiction.shows_banner:
        return decision
    asking = list(_questions(decision, jurisdiction, valid, registry))
    if not asking:
        return decision
    open_ = tuple(c for c in CHOOSABLE if any(g.category is c for g in asking))
    changed = tuple(c for c in open_ if c in valid)
    return replace(decision, open=open_, changed=changed, banner=strictest(*(g.model for g in asking)))


def _questions(
    decision: Decision, jurisdiction: Jurisdiction, valid: Mapping[Category, Choice], registry: Registry
) -> Iterator[Grant]:
    for grant in decision.grants:
        if grant.category is Category.NECESSARY or grant.model in (Model.PROHIBITED, Model.EXEMPT):
            continue
        if grant.reason is Reason.SIGNAL and jurisdiction.signal.suppress_banner:
            continue
        choice = valid.get(grant.category)
        answered = choice.answer(grant.pair) if choice else None
        covers = _covers(choice, grant.pair, registry)
        if answered and covers and not (grant.model is Model.OPT_IN and answered[0] is Answer.KEPT):
            continue
        if grant.model is not Model.OPT_IN and choice and choice.category(grant.category) is Answer.REFUSED:
            continue
        yield grant


class Event(StrEnum):
    """Name what a choice did, as the ledger records it."""

    GIVEN = "given"
    PARTLY = "partly"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold a new choice, what it means for the visitor, and what it was."""

    choice: Choice
    decision: Decision
    event: Event
    withdrawn: tuple[Pair, ...]


def choose(
    jurisdiction: Jurisdiction,
    previous: Choice | None,
    signals: Signals,
    registry: Registry,
    now: int,
    *,
    intent: Intent,
    ticks: Ticks,
    about: tuple[Category, ...],
    age: tuple[int, int] | None,
    fresh_id: str,
) -> Outcome:
    """Turn an act into a choice.

    Args:
        previous: the choice that the request carried, or None.
        about: the categories that the form asked about; answers about others stay as they are.
        age: the age band that the form stated, or None for an adult.
        fresh_id: the id to use where there is no earlier one: 22 URL-safe characters.
    """
    before = decide(jurisdiction, previous, signals, registry, now)
    had_expired = previous is not None and any(
        previous.category(c) and _ran_out(jurisdiction, previous, c, now) for c in about
    )
    old = None if had_expired else previous
    answers: dict[Pair, tuple[Answer, frozenset[str]]] = {}
    categories: dict[Category, Answer] = dict(previous.categories) if previous else {}
    if previous:
        answers = {p: (a, purposes) for p, a, purposes in previous.answers if p[0] not in about}
    for category in about:
        pairs = [p for p in registry.pairs if p[0] is category]
        results = []
        for pair in pairs:
            model = effective_model(jurisdiction, registry, pair, age)
            was_on = next((g.granted for g in before.grants if g.pair == pair), False)
            answer = _answer(intent, ticks, pair, pairs, model, was_on, old)
            answers[pair] = (answer, registry.purposes(pair))
            results.append(answer)
        whole = {Intent.ACCEPT: Answer.GIVEN, Intent.REJECT: Answer.REFUSED}.get(intent)
        if whole is None:
            on = any(a is not Answer.REFUSED for a in results) if results else category in ticks.categories
            whole = Answer.GIVEN if on else Answer.REFUSED
        categories[category] = whole
    choice = Choice(
        id=previous.id if previous else fresh_id,
        at=now,
        categories=tuple((c, categories[c]) for c in CHOOSABLE if c in categories),
        answers=tuple((p, a, purposes) for p, (a, purposes) in sorted(answers.items())),
        during_signal=signals.sent or signals.remembered,
        age=age,
        earlier=tuple(
            (c, previous.moment(c), previous.was_during_signal(c))
            for c in CHOOSABLE
            if previous and c in categories and c not in about
        ),
    )
    after = decide(jurisdiction, choice, signals, registry, now)
    # Also what was given earlier and only a signal kept off since: what it left behind goes too.
    had = {g.pair for g in before.grants if g.granted} | _given(previous)
    withdrawn = tuple(p for p in registry.pairs if p in had and not after.grants_pair(p))
    return Outcome(choice, after, _event(previous, had_expired, before, choice, after, withdrawn), withdrawn)


def _given(choice: Choice | None) -> set[Pair]:
    return {pair for pair, answer, _ in choice.answers if answer is Answer.GIVEN} if choice else set()


def _answer(
    intent: Intent,
    ticks: Ticks,
    pair: Pair,
    siblings: list[Pair],
    model: Model,
    was_on: bool,
    old: Choice | None,
) -> Answer:
    if model is Model.PROHIBITED or intent is Intent.REJECT:
        return Answer.REFUSED
    if intent is Intent.ACCEPT:
        return Answer.GIVEN
    if not ticks.grants(pair, siblings):
        return Answer.REFUSED
    given_before = old.answer(pair) if old else None
    if given_before and given_before[0] is Answer.GIVEN:
        return Answer.GIVEN
    # A box that the law let stand ticked, and that was left so, is no act (CJEU C-673/17, Planet49).
    # Where the age that the same form states makes the model opt-in, such a box is no act either.
    return Answer.KEPT if was_on else Answer.GIVEN


def _event(
    previous: Choice | None,
    had_expired: bool,
    before: Decision,
    choice: Choice,
    after: Decision,
    withdrawn: tuple[Pair, ...],
) -> Event:
    if previous is not None:
        had_consent = any(g.granted and g.reason is Reason.CHOSEN for g in before.grants)
        if withdrawn and had_consent:
            return Event.WITHDRAWN
        if had_expired or choice.answers == previous.answers:
            return Event.RENEWED
    granted = [a is not Answer.REFUSED for _, a, _ in choice.answers] or [
        a is not Answer.REFUSED for _, a in choice.categories
    ]
    if all(granted):
        return Event.GIVEN
    return Event.PARTLY if any(granted) else Event.REFUSED
