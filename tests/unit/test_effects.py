"""What a change of the tags does to whom is what visitors then get."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from rulebook import ANALYTICS, LAWS, MARKETING, NO_SIGNAL, NOW, TODAY, law, registry, tag

from blueprints.staff import effects_view
from privacy.admission import admit
from privacy.categories import CHOOSABLE
from privacy.choice import Intent, Ticks
from privacy.decision import choose, decide
from privacy.effects import asked_again, effects
from privacy.jurisdictions import Jurisdiction
from privacy.templates import TagConfig

LAWS_TODAY: list[Jurisdiction] = [law(code) for code, _ in LAWS.regions(TODAY)]


def poll(**fields: object) -> TagConfig:
    config = TagConfig(
        "poll",
        "custom",
        category=ANALYTICS,
        settings={"src": ("https://poll.example/t.js",)},
        vendor="Poll",
        privacy_url="https://poll.example/privacy",
        storage=(),
        enabled=True,
    )
    return replace(config, **fields)  # type: ignore[arg-type]


ADS = TagConfig("ads", "meta-pixel", settings={"id": ("123456789012345",)}, enabled=True)


def test_no_change_does_nothing() -> None:
    assert effects(registry(poll()), registry(poll()), LAWS_TODAY, NOW) == ()
    assert asked_again(registry(poll()), registry(poll()), LAWS_TODAY, NOW) == ()


def test_every_region_is_told_of_once_for_each_act_and_signal() -> None:
    found = effects(registry(), registry(poll()), LAWS_TODAY, NOW)
    told = [(region, effect.act, effect.signal) for effect in found for region in effect.regions]
    assert len(told) == len(set(told))
    # Where the law is opt-in, nothing changes before a choice; where it is opt-out, everything does.
    before = {region for region, act, _ in told if act == "none"}
    assert "de" not in before and "us-ca" in before
    assert {region for region, act, _ in told if act == "accept"} == {each.region for each in LAWS_TODAY}
    assert not any(act in ("reject", "marketing") for region, act, _ in told if region == "de")


@pytest.mark.parametrize("code", ["de", "gb", "br", "us-ca", "ca-qc", "au", "nz", "row"])
def test_what_is_foretold_is_what_is_sent(code: str) -> None:
    old, new, here = registry(poll()), registry(poll(), ADS), law(code)
    for effect in effects(old, new, [here], NOW):
        if effect.signal or effect.act in ("none", "reject"):
            continue
        ticks = Ticks(categories=frozenset(c for c in CHOOSABLE if c.value == effect.act))
        intent = Intent.ACCEPT if effect.act == "accept" else Intent.SAVE
        made = choose(
            here, None, NO_SIGNAL, new, NOW, intent=intent, ticks=ticks, about=CHOOSABLE, age=None, fresh_id="A" * 22
        )
        admitted = admit(new, decide(here, made.choice, NO_SIGNAL, new, NOW), path="/")
        assert effect.after.csp == admitted.csp
        assert list(effect.after.scripts) == [f"{e.tag} {e.src}" for e in admitted.elements]


def test_a_new_vendor_asks_again_where_the_law_asks_first_and_about_its_category_alone() -> None:
    (found,) = [a for a in asked_again(registry(poll()), registry(poll(), ADS), LAWS_TODAY, NOW) if "de" in a.regions]
    assert found.categories == (MARKETING,)
    assert found.vendors == tuple(dict.fromkeys(v for _, v in registry(ADS).pairs))
    assert asked_again(registry(poll(), ADS), registry(poll()), LAWS_TODAY, NOW) == (), "a toggle off asks nobody"


def test_what_a_change_does_is_worked_out_again_once_a_tag_starts_or_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    worked: list[int] = []
    here = SimpleNamespace(today=lambda: date(2026, 11, 22), reader=SimpleNamespace(now=lambda: clock[0]))
    monkeypatch.setattr(effects_view, "site", lambda: here)
    monkeypatch.setattr(effects_view.words, "laws_today", list)
    monkeypatch.setattr(effects_view, "effects", lambda old, new, laws, now: worked.append(now) or ())
    monkeypatch.setattr(effects_view, "asked_again", lambda *asked: ())
    monkeypatch.setattr(effects_view, "_KEPT", OrderedDict())
    text = datetime.fromtimestamp(2000, UTC).isoformat()
    one, other = registry(tag("matomo", ends=text)), registry(tag("matomo", starts=text))
    for clock[0] in (1000.0, 1500.0, 2500.0, 2600.0):
        effects_view.worked_out(one, other)
    assert worked == [1000, 2500]
