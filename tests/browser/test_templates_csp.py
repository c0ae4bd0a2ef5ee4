"""Each template's exact markup under its exact policy, in a real browser, against hosts that stand in for the vendor's.

Nothing here reaches the live vendor: what stands in asks for what the vendor's documents say that the real script
asks for, and once for each origin that the gate lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsers import Person, Served, a_site
from pages import parse_csp
from playwright.sync_api import Route
from vendors import PIXEL

from privacy.templates import load

pytestmark = pytest.mark.browser

LIBRARY = load()

# Where each tag loads: on a page of its own, so that the page's policy is that tag's alone.
WHERE = {
    "ga4": "/privacy/gb",
    "gtm": "/privacy/ch",
    "matomo": "/privacy/br",
    "plausible": "/privacy/au",
    "meta-pixel": "/privacy/nz",
    "linkedin-insight": "/privacy/jp",
    "clarity": "/privacy/kr",
    "hotjar": "/privacy/za",
    "custom": "/privacy/in",
}

GA4_ALONE = (
    ("connect", "https://www.google-analytics.com/g/collect?v=2"),
    ("connect", "https://region1.google-analytics.com/g/collect?v=2"),
    ("connect", "https://analytics.google.com/g/collect?v=2"),
    ("image", "https://www.googletagmanager.com/a?id=G-ABCD123456"),
)
GA4_MARKETING = (
    ("connect", "https://stats.g.doubleclick.net/g/collect?v=2"),
    ("image", "https://www.google.com/ads/ga-audiences?v=1"),
    ("frame", "https://td.doubleclick.net/td/ga/rul?tid=G-ABCD123456"),
)

# What the real scripts ask for, from the vendors' documents. Not derived from the gate's own list.
REAL: dict[str, tuple[tuple[str, str], ...]] = {
    "ga4": (*GA4_ALONE, *GA4_MARKETING),
    "gtm": (
        ("script", "https://www.googletagmanager.com/gtag/js?id=G-ABCD123456"),
        ("connect", "https://www.google-analytics.com/g/collect?v=2"),
        ("script", "https://www.googleadservices.com/pagead/conversion_async.js"),
        ("connect", "https://www.google.com/pagead/1p-conversion/1/"),
        ("image", "https://googleads.g.doubleclick.net/pagead/viewthroughconversion/1/"),
        ("frame", "https://td.doubleclick.net/td/rul/1"),
    ),
    "matomo": (
        ("connect", "https://example.matomo.cloud/matomo/matomo.php?idsite=1"),
        ("image", "https://example.matomo.cloud/matomo/matomo.php?idsite=1"),
    ),
    "plausible": (("connect", "https://stats.example.com/api/event"),),
    "meta-pixel": (
        ("script", "https://connect.facebook.net/signals/config/123456789012345"),
        ("image", "https://www.facebook.com/tr/?id=123456789012345&ev=PageView"),
        ("connect", "https://www.facebook.com/tr/"),
    ),
    "linkedin-insight": (
        ("script", "https://snap.licdn.com/li.lms-analytics/insight.old.min.js"),
        ("image", "https://px.ads.linkedin.com/collect/?pid=1234567"),
        ("image", "https://px4.ads.linkedin.com/collect?pid=1234567"),
        ("connect", "https://px.ads.linkedin.com/wa/"),
    ),
    "clarity": (
        ("script", "https://scripts.clarity.ms/0.8.0/clarity.js"),
        ("connect", "https://k.clarity.ms/collect"),
        ("image", "https://c.clarity.ms/c.gif"),
        ("image", "https://c.bing.com/c.gif"),
    ),
    "hotjar": (
        ("script", "https://script.hotjar.com/modules.1.js"),
        ("connect", "https://content.hotjar.io/"),
        ("connect", "https://metrics.hotjar.io/"),
        ("socket", "wss://ws.hotjar.com/api/v2/client/ws"),
    ),
    "custom": (
        ("connect", "https://api.example.com/"),
        ("image", "https://api.example.com/i.gif"),
        ("frame", "https://api.example.com/frame"),
        ("style", "https://api.example.com/s.css"),
        ("font", "https://api.example.com/f.woff2"),
    ),
}

_KINDS = {
    "connect-src": "connect",
    "font-src": "font",
    "frame-src": "frame",
    "img-src": "image",
    "script-src": "script",
    "style-src": "style",
}

# Ask for each address in the way that its directive stands for, as a vendor's script would, and wait for the end of
# each. What comes of it does not matter: whether the browser let it out does.
_ASKS = """(asks) => Promise.all(asks.map(([kind, url]) => new Promise((done) => {
  const ended = (element) => { element.onload = element.onerror = () => done(); return element; };
  if (kind === "connect") { navigator.sendBeacon(url, "x"); fetch(url, { mode: "no-cors" }).then(done, done); }
  else if (kind === "socket") { const s = new WebSocket(url); s.onopen = s.onerror = s.onclose = () => done(); }
  else if (kind === "image") { ended(new Image()).src = url; }
  else if (kind === "font") { new FontFace("x", "url(" + url + ")").load().then(done, done); }
  else {
    const element = ended(document.createElement({ script: "script", frame: "iframe", style: "link" }[kind]));
    if (kind === "style") { element.rel = "stylesheet"; element.href = url; } else { element.src = url; }
    document.body.append(element);
  }
})))"""


@dataclass(frozen=True)
class Stand:
    """Hold what the stand-in vendors were asked for."""

    asked: list[str]

    def has(self, url: str) -> bool:
        """Say whether an address was asked for."""
        return url in self.asked


def examples(template: str) -> list[tuple[str, str]]:
    """Return a template's settings, each with its example."""
    return [(p["name"], p["example"]) for p in LIBRARY.templates[template]["parameters"] if p.get("example")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a site on which each template's tag stands on its own page, made by the real commands."""
    commands: list[tuple[str, ...]] = []
    for template, path in WHERE.items():
        words = ["tags", "add", template, "--template", template, "--include", path]
        for name, example in examples(template):
            words += ["--set", f"{name}={example}"]
        if template == "custom":
            words += ["--category", "analytics", "--vendor", "Example"]
        commands += [tuple(words), ("tags", "enable", template)]
    with a_site(tmp_path_factory.mktemp("templates"), commands) as made:
        yield made


@pytest.fixture
def stand() -> Stand:
    return Stand([])


def map_hosts(person: Person, stand: Stand) -> None:
    """Let every https address be answered by a stand-in."""
    bodies: dict[str, tuple[str, Any]] = {
        "script": ("text/javascript", "window.__ran = (window.__ran || 0) + 1;"),
        "image": ("image/gif", PIXEL),
        "stylesheet": ("text/css", ""),
        "document": ("text/html", "<!doctype html><title>Frame</title>"),
    }

    def answer(route: Route) -> None:
        stand.asked.append(route.request.url)
        kind, body = bodies.get(route.request.resource_type, ("application/json", "{}"))
        route.fulfill(status=200, content_type=kind, body=body, headers={"Access-Control-Allow-Origin": "*"})

    person.context.route(lambda url: url.startswith("https:"), answer)


def refused_on(person: Person) -> list[str]:
    """Return what the policy refused on the page that is open."""
    refused: list[str] = person.page.evaluate("window.__refused")
    return refused


def ask(person: Person, asks: list[tuple[str, str]]) -> None:
    person.page.evaluate(_ASKS, [list(one) for one in asks])


def granted_everything(meet: Callable[..., Person], site: Served, stand: Stand) -> Person:
    asker = meet(site, "DE", scripts=False)
    asker.chooses("accept")
    person = meet(site, "DE", storage_state=asker.context.storage_state())
    map_hosts(person, stand)
    return person


def listed(template: str) -> list[tuple[str, str]]:
    """Return one address for each origin that the gate lists for a template, wildcards filled in."""
    values = dict(examples(template))
    origins: list[tuple[str, str]] = []
    document = LIBRARY.templates[template]
    for directive, sources in document.get("origins", {}).items():
        for source in sources:
            match = re.fullmatch(r"\{(\w+)\}", source)
            if not match:
                origins.append((directive, source))
            elif match[1] in values:
                parts = urlsplit(values[match[1]])
                origins.append((directive, f"{parts.scheme}://{parts.netloc}"))
    vendors = [document["vendor"]] if document["vendor"] else []
    if document.get("container"):
        vendors = values["vendors"].split(",")
    for vendor in vendors:
        for use in LIBRARY.vendors[vendor]["uses"].values():
            origins += [(directive, source) for directive, sources in use["origins"].items() for source in sources]
    asks = []
    for directive, source in dict.fromkeys(origins):
        kind = "socket" if source.startswith("wss:") else _KINDS[directive]
        asks.append((kind, source.replace("*.", "sample.") + "/sample"))
    return asks


@pytest.mark.parametrize("template", WHERE)
def test_what_is_granted_works_under_its_policy(
    meet: Callable[..., Person], site: Served, stand: Stand, template: str
) -> None:
    person = granted_everything(meet, site, stand)
    person.goes_to(WHERE[template])
    assert person.tags == ["site-counter", template]
    foreign = person.page.eval_on_selector_all(
        f"script[data-tag={template}]", "all => all.map(e => e.src).filter(src => src.startsWith('https:'))"
    )
    assert foreign, "the markup names the vendor's script"
    assert [url for url in foreign if not stand.has(url)] == [], f"the vendor's script is fetched: {stand.asked}"
    assert person.page.evaluate("window.__ran") == len(foreign), "and runs"
    assert refused_on(person) == [], "the start of the tag is within its policy"
    wanted = [*REAL[template], *listed(template)]
    ask(person, wanted)
    assert refused_on(person) == [], f"what {template} asks for is within its policy"
    missing = [url for kind, url in wanted if kind != "socket" and not stand.has(url)]
    assert missing == [], f"what was let out reached its host: {missing}"
    assert person.errors == []


@pytest.mark.parametrize("template", WHERE)
def test_what_is_not_named_is_refused(meet: Callable[..., Person], site: Served, stand: Stand, template: str) -> None:
    person = granted_everything(meet, site, stand)
    person.goes_to(WHERE[template])
    before = len(stand.asked)
    for kind in ("connect", "image", "script", "frame", "style", "font", "socket"):
        scheme = "wss" if kind == "socket" else "https"
        person.page.evaluate("window.__refused = []")
        ask(person, [(kind, f"{scheme}://elsewhere.example.net/{kind}")])
        refused = refused_on(person)
        assert refused, f"a {kind} from an origin that nobody named is refused"
        assert all("elsewhere.example.net" in one for one in refused)
    assert len(stand.asked) == before, f"and never leaves: {stand.asked[before:]}"


@pytest.mark.parametrize("template", WHERE)
def test_nothing_of_it_is_there_before_a_choice(
    meet: Callable[..., Person], site: Served, stand: Stand, template: str
) -> None:
    person = meet(site, "DE")
    map_hosts(person, stand)
    response = person.goes_to(WHERE[template])
    csp = response.header_value("content-security-policy") or ""
    assert person.tags == [] and stand.asked == []
    assert "https:" not in csp and "wss:" not in csp, f"the policy names nobody: {csp}"
    ask(person, list(REAL[template]))
    assert len(refused_on(person)) >= len(REAL[template]), "each request that slipped in would be refused"
    assert stand.asked == []


@pytest.mark.parametrize("template", WHERE)
def test_each_policy_is_strict(meet: Callable[..., Person], site: Served, stand: Stand, template: str) -> None:
    person = granted_everything(meet, site, stand)
    csp = person.goes_to(WHERE[template]).header_value("content-security-policy") or ""
    assert "unsafe-" not in csp and "data:" not in csp and "blob:" not in csp
    sources = {source for values in parse_csp(csp).values() for source in values}
    assert {"*", "https:", "http:", "wss:"}.isdisjoint(sources), f"no scheme and no star stand alone: {csp}"


# --- Consent Mode v2 ------------------------------------------------------------------------------------------------

_LAYER = "() => (window.dataLayer || []).map(entry => 'length' in entry ? [...entry].map(String) : Object.keys(entry))"
_CONSENT = "() => window.dataLayer.filter(e => e[0] === 'consent').map(e => [e[1], e[2]])"


@pytest.mark.parametrize("template", ["ga4", "gtm"])
def test_gc01_the_default_is_denied_before_anything_else(
    meet: Callable[..., Person], site: Served, stand: Stand, template: str
) -> None:
    person = granted_everything(meet, site, stand)
    person.goes_to(WHERE[template])
    layer = person.page.evaluate(_LAYER)
    assert layer[0][:2] == ["consent", "default"] and layer[1][:2] == ["consent", "update"], f"{layer}"
    starts = [i for i, entry in enumerate(layer) if entry[0] in ("js", "config") or "gtm.start" in entry]
    assert starts and min(starts) > 1, f"the state stands before anything starts: {layer}"
    (_, default), (_, update) = person.page.evaluate(_CONSENT)
    needed = {k for k, v in default.items() if v == "granted"}
    assert needed == {"security_storage"}, f"by default all but security is denied, not {default}"
    for signal in ("analytics_storage", "ad_storage", "ad_user_data", "ad_personalization"):
        assert default[signal] == "denied" and update[signal] == "granted", f"{signal}: {default} {update}"


def test_with_statistics_alone_google_gets_no_advertising(
    meet: Callable[..., Person], site: Served, stand: Stand
) -> None:
    asker = meet(site, "DE", scripts=False)
    asker.chooses("analytics")
    person = meet(site, "DE", storage_state=asker.context.storage_state())
    map_hosts(person, stand)
    csp = person.goes_to(WHERE["ga4"]).header_value("content-security-policy") or ""
    (_, default), (_, update) = person.page.evaluate(_CONSENT)
    assert update["analytics_storage"] == "granted"
    for signal in ("ad_storage", "ad_user_data", "ad_personalization"):
        assert default[signal] == "denied" and update[signal] == "denied", f"{signal} stays denied: {update}"
    config = person.page.evaluate("() => [...window.dataLayer.find(e => e[0] === 'config')].slice(1)")
    assert config[1]["allow_google_signals"] is False and config[1]["allow_ad_personalization_signals"] is False, config
    assert ["set", "ads_data_redaction", "true"] in person.page.evaluate(_LAYER)
    assert "doubleclick" not in csp and "https://www.google.com" not in csp, f"no host of advertising: {csp}"
    ask(person, list(GA4_ALONE))
    assert refused_on(person) == [], "statistics work"
    for kind, url in GA4_MARKETING:
        person.page.evaluate("window.__refused = []")
        ask(person, [(kind, url)])
        assert refused_on(person), f"and {url} is refused"
    assert not [url for url in stand.asked if "doubleclick" in url or "www.google.com" in url]


def test_a_container_gets_the_hosts_of_granted_vendors_alone(
    meet: Callable[..., Person], site: Served, stand: Stand
) -> None:
    asker = meet(site, "DE", scripts=False)
    asker.chooses("analytics")
    person = meet(site, "DE", storage_state=asker.context.storage_state())
    map_hosts(person, stand)
    csp = parse_csp(person.goes_to(WHERE["gtm"]).header_value("content-security-policy") or "")
    assert person.tags == ["site-counter", "gtm"], "one granted vendor is enough for the container"
    ask(person, [("connect", "https://www.google-analytics.com/g/collect?v=2")])
    assert refused_on(person) == []
    ask(person, [("script", "https://www.googleadservices.com/pagead/conversion_async.js")])
    assert refused_on(person), f"what it fires for a vendor that is not granted is refused: {csp}"
