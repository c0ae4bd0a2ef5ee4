"""Check it with a real browser: what vendors do on a live page, as who consents and as who refuses."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import ROOT, Served, a_site
from flask import Flask
from sites import dispose
from staffers import PASSWORD
from vendors import Vendor, a_vendor

from app import create_app
from services.checks import KIND
from services.inspection import Item, Report, Table, Trouble, Visit, Visitor, report_from_json, visit_to_json
from services.jobs import Job
from storage import db
from web.passes import HEADER
from web.settings import load
from web.site import Site
from web.staff.checks import plan

pytestmark = pytest.mark.browser

# What nobody declared: a cookie, a picture of a stranger, and a frame that asks the stranger in its own name.
_ODD = """
document.cookie = "_odd=1; path=/";
new Image().src = "%(stranger)s/pixel?id=1";
document.body.append(Object.assign(document.createElement("iframe"), { src: "%(host)s/odd.html" }));
"""
_FRAME = '<!doctype html><html lang="en"><head><title>Odd</title></head><body><img src="%s/pixel" alt=""></body></html>'


@dataclass(frozen=True)
class World:
    """Hold a served site, the same site within this process, and a vendor that nobody declared."""

    served: Served
    app: Flask
    stranger: Vendor

    @property
    def site(self) -> Site:
        """Give what the application holds."""
        found: Site = self.app.extensions["site"]
        return found

    def checks(self, region: str, path: str = "/") -> dict[Visitor, Report]:
        """Check a page, and return what came of it."""
        with self.app.app_context():
            planned = plan(region, path, "en")
        job = self.ended(self.site.checks.start("max@example.com", planned.about, planned.visits, planned.judge))
        assert job.state == "done", job.problem
        return {report.visitor: report for report in map(report_from_json, job.result["reports"])}

    def ended(self, job: Job) -> Job:
        """Wait for a check of this process to end."""
        self.site.checks._thread.join(70)  # type: ignore[union-attr]
        found = self.site.jobs.find(job.id)
        assert found is not None and not found.is_open
        return found

    def recorded(self) -> int:
        """Count the entries of the ledger."""
        with self.app.app_context():
            return int(db.session.execute(db.text("SELECT count(*) FROM ledger_entry")).scalar_one())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, vendor: Vendor, advertiser: Vendor) -> Iterator[World]:
    """Give a site with a tracker, an advertiser, and on one page a vendor that does more than it declares."""
    posthog = ["tags", "add", "posthog", "--template", "custom", "--category", "analytics"]
    posthog += ["--vendor", "PostHog (test)", "--cookie", "ph_*"]
    posthog += ["--set", f"src={vendor.origin}/array.js", "--set", f"connect={vendor.origin}"]
    adv = ["tags", "add", "adv", "--template", "custom", "--category", "marketing", "--vendor", "Advertiser (test)"]
    adv += ["--vendor-role", "third_party", "--cookie", "_adv_id", "--set", f"src={advertiser.origin}/adv.js"]
    adv += ["--set", f"connect={advertiser.origin}", "--set", f"img={advertiser.origin}"]
    odd = ["tags", "add", "odd", "--template", "custom", "--category", "marketing", "--vendor", "Odd (test)"]
    odd += ["--include", "/cookies", "--set", f"src={advertiser.origin}/odd.js", "--set", f"frame={advertiser.origin}"]
    enabled = [("tags", "enable", tag) for tag in ("posthog", "adv", "odd")]
    with a_vendor() as stranger:
        advertiser.scripts["/odd.js"] = _ODD % {"stranger": stranger.origin, "host": advertiser.origin}
        advertiser.pages["/odd.html"] = _FRAME % stranger.origin
        with a_site(tmp_path_factory.mktemp("check"), [tuple(posthog), tuple(adv), tuple(odd), *enabled]) as served:
            app = create_app(load(served._environ))
            app.extensions["site"].live.refresh()
            yield World(served, app, stranger)
            dispose(app)


def names(items: tuple[Item, ...]) -> set[str]:
    return {item.what for item in items}


def test_who_consents_reaches_the_vendors_and_who_refuses_reaches_nobody(meet, world, vendor, advertiser) -> None:
    before = len(vendor.all_hits())
    reports = world.checks("de")
    consenting, refusing = reports[Visitor.CONSENTING], reports[Visitor.REFUSING]
    assert names(consenting.of(Table.HOSTS)) == {vendor.origin, advertiser.origin}
    assert {"choice", "ph_phc_test_posthog", "_adv_id"} == names(consenting.of(Table.COOKIES))
    assert {"adv", "ph_phc_test_posthog"} <= names(consenting.of(Table.STORAGE))
    assert {"posthog", "adv", "site-counter"} <= {item.by for item in consenting.of(Table.SCRIPTS)}
    assert consenting.is_fine, consenting.troubles
    assert names(refusing.of(Table.COOKIES)) == {"choice"}
    assert all(refusing.of(table) == () for table in Table if table is not Table.COOKIES)
    assert refusing.is_fine
    hits = [*vendor.all_hits()[before:], *advertiser.all_hits()]
    assert hits and all("x-site-check" not in hit.headers for hit in hits), "the pass is for the site alone"
    # A person who comes after is the first on record and the only one who counts.
    person = meet(world.served, "DE")
    person.chooses("accept")
    pages = world.site.counters.pages
    for _ in range(100):
        if pages(1):
            break
        person.page.wait_for_timeout(50)
    assert [(path, number) for _, path, number in pages(1)] == [("/en/", 1)]
    assert world.recorded() == 1


def test_what_nobody_declared_is_named(world) -> None:
    reports = world.checks("us-ca", "/cookies")
    odd = reports[Visitor.CONSENTING].troubles
    assert set(odd) == {
        (Table.COOKIES, Item("_odd", "127.0.0.1", trouble=Trouble.UNKNOWN)),
        (Table.HOSTS, Item(world.stranger.origin, trouble=Trouble.UNKNOWN)),
        (Table.REFUSALS, Item(f"{world.stranger.origin}/pixel", "img-src", trouble=Trouble.REFUSED)),
    }
    assert reports[Visitor.REFUSING].is_fine


def test_a_site_that_the_server_cannot_reach_is_said_to_be_so(world, tmp_path: Path) -> None:
    app = create_app(load(world.served._environ | {"SITE_ORIGIN": "http://127.0.0.1:9"}))
    elsewhere = World(world.served, app, world.stranger)
    with app.app_context():
        planned = plan("de", "/", "en")
    checks = app.extensions["site"].checks
    job = elsewhere.ended(checks.start("max@example.com", planned.about, planned.visits, planned.judge))
    assert job.problem.startswith("unreachable\n"), job.problem
    dispose(app)


def test_the_pass_does_not_go_along_where_the_site_leads_elsewhere(vendor) -> None:
    with a_vendor("127.0.0.1") as own:
        own.pages["/en/"] = '<!doctype html><title>Own</title><script src="/moved"></script>'
        own.moved["/moved"] = f"{vendor.origin}/moved-here"
        visit = Visit(Visitor.REFUSING, f"{own.origin}/en/", own.origin, ((HEADER, "a pass"),), ("choice", "x"))
        process = Popen([sys.executable, "-m", "services.inspector"], cwd=ROOT, text=True, stdin=PIPE, stdout=PIPE)
        with process:
            process.stdin.write(json.dumps({"visits": [visit_to_json(visit)]}) + "\n")
            process.stdin.flush()
            said = [json.loads(line) for line in process.stdout]
        (seen,) = [line["seen"] for line in said if "seen" in line]
        assert seen["hosts"] == [[vendor.origin, 1]]
        assert all(HEADER.lower() in hit.headers for hit in own.all_hits())
        (hit,) = [hit for hit in vendor.all_hits() if hit.path == "/moved-here"]
        assert HEADER.lower() not in hit.headers


def test_the_browser_ends_with_who_started_it(vendor) -> None:
    process = Popen([sys.executable, "-m", "services.inspector"], cwd=ROOT, text=True, stdin=PIPE, stdout=PIPE)
    visit = Visit(Visitor.REFUSING, f"{vendor.origin}/", vendor.origin, (), ("choice", "x"))
    process.stdin.write(json.dumps({"visits": [visit_to_json(visit)] * 20}) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline()) == {"done": 1}, "the browser has started"
    process.stdin.close()
    assert process.wait(10) == 1
    process.stdout.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_marketer_starts_it_and_reads_it_on_a_small_screen(meet, world, scheme: str) -> None:
    email = f"{scheme}@example.com"
    made = world.app.test_cli_runner().invoke(args=["staff", "create", email, "--role", "marketer"])
    link = urlsplit(re.search(r"https?://\S+", made.output)[0]).path
    person = meet(world.served, width=320, color_scheme=scheme)
    page, origin = person.page, world.served.origin
    page.goto(origin + link)
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=password_confirm]", PASSWORD)
    page.locator("main button").click()
    page.goto(f"{origin}/staff/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form:has(input[name=password]) button").first.click()
    page.goto(f"{origin}/staff/check")
    looks_well(page)
    page.select_option("select[name=place]", "de")
    page.fill("input[name=path]", "/cookies")
    page.locator("main form button").click()
    page.wait_for_url("**/staff/check/*")
    assert page.locator("progress").is_visible(), "it says how far it is"
    page.locator(".pair h2").first.wait_for(timeout=60_000)
    assert page.locator(".note.error strong").inner_text() == "As consenting: 3 things were not to be expected."
    assert page.locator(".note.success strong").inner_text() == "As refusing: nothing foreign was reached."
    looks_well(page)
    assert world.site.jobs.latest(KIND)[0].who == email


def looks_well(page) -> None:
    """Assert that nothing hangs over the edge, and that everybody can read it."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, "nothing hangs over the edge"
    found = Axe().run(page).response["violations"]
    assert not found, [(v["id"], v["nodes"][0]["html"]) for v in found]
