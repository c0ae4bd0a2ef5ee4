"""People see the banner and answer or do not; the counts say exactly what came of it, and of nobody in particular."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from entries import banners, counted, engine, entry, erase_bodies, refusal, write
from publishing import gone
from servers import postgresql
from sites import TestSite

from privacy.categories import Category
from privacy.statistics import Withheld
from services.counters import KEPT_DAYS
from services.statistics import Filter, Progress, Report, Statistics, last_days
from services.store import StoreSilent
from storage import records


def today() -> datetime:
    return datetime.now(UTC)


def report(site: TestSite, days: int = 30) -> Report:
    """Count everything and report the last days."""
    site.site.counters.flush()
    site.site.statistics.catch_up()
    return site.site.statistics.report(last_days(site.site.statistics.today(), days))


def test_each_page_with_the_banner_is_counted_where_it_was_shown(own_site: TestSite) -> None:
    for language in ("en", "de"):
        visitor = own_site.visitor("DE", language=language)
        for path in ("/", "/privacy", "/", "/contact"):
            assert visitor.goes_to(path).shows_banner
        assert not visitor.goes_to("/preferences").shows_banner
    own_site.visitor("BR", language="pt-br").goes_to("/")
    assert own_site.visitor("BR").get("/en/nothing").status_code == 404
    assert banners(own_site) == {("de", "en"): 4, ("de", "de"): 4, ("br", "pt-br"): 1}


def test_a_page_that_the_browser_had_already_is_counted_and_a_head_is_not(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    first = visitor.get("/en/")
    tag = first.headers["ETag"]
    assert visitor.get("/en/", If_None_Match=tag).status_code == 304
    for path in ("/en/", "/en/privacy"):
        assert visitor._client.head(path, headers=visitor._headers({})).status_code == 200
    assert banners(own_site) == {("de", "en"): 2}
    assert own_site.site.front is not None and own_site.site.front.hits


def test_a_page_that_is_not_kept_is_counted_too(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    assert visitor.get("/en/?utm_source=letter").status_code == 200
    signalling = own_site.visitor("US-CA", gpc="1")
    shows = signalling.goes_to("/").shows_banner
    assert signalling.get("/en/?q=1").status_code == 200
    assert banners(own_site) == {("de", "en"): 1} | ({("us-ca", "en"): 2} if shows else {})


def test_who_has_chosen_is_shown_no_banner_and_counts_for_none(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    visitor.rejects()
    visitor.goes_to("/privacy")
    assert visitor.get("/assets/nothing").status_code == 404
    assert banners(own_site) == {("de", "en"): 1}


def test_every_kind_of_answer_from_several_places_and_languages(own_busy_site: TestSite) -> None:
    site = own_busy_site
    german, french, brazilian = (
        site.visitor(place, language=language) for place, language in (("DE", "de"), ("FR", "fr"), ("BR", "pt-br"))
    )
    german.accepts()
    german.rejects()
    french.rejects()
    french.accepts()
    brazilian.saves(tick=("analytics",))
    brazilian.saves()
    site.visitor("DE", language="de").accepts()
    assert site.site.statistics.catch_up() == Progress(7, 0)
    assert counted(site, "region", "locale", "result") == {
        ("de", "de", "accepted"): 2,
        ("de", "de", "withdrawn"): 1,
        ("fr", "fr", "refused"): 1,
        ("fr", "fr", "accepted"): 1,
        ("br", "pt-br", "partly"): 1,
        ("br", "pt-br", "renewed"): 1,
    }
    assert counted(site, "layer") == {"banner": 3, "preferences": 4}
    assert banners(site) == {("de", "de"): 2, ("fr", "fr"): 1}


def test_an_act_under_a_signal_and_the_versions_that_were_live(own_busy_site: TestSite) -> None:
    version = own_busy_site.site.live.snapshot.registry.version
    own_busy_site.visitor("US-CA", gpc="1").rejects()
    own_busy_site.visitor("US-CA").rejects()
    own_busy_site.turn_off("ads")
    own_busy_site.visitor("DE").accepts()
    own_busy_site.site.statistics.catch_up()
    assert counted(own_busy_site, "tags", "signal") == {
        (version, True): 1,
        (version, False): 1,
        (version + 1, False): 1,
    }
    for text in counted(own_busy_site, "texts"):
        assert text.startswith("cookies-") and ".privacy-" in text


def test_counting_goes_on_where_it_stopped_and_in_bounded_commits(own_site: TestSite) -> None:
    write(own_site, *(entry() for _ in range(25)))
    statistics = own_site.site.statistics
    assert statistics.catch_up(limit=10, batch=4) == Progress(10, 15)
    assert statistics.catch_up(batch=4) == Progress(15, 0)
    assert statistics.catch_up() == Progress(0, 0)
    assert counted(own_site, "result") == {"accepted": 25}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def either_site(request: pytest.FixtureRequest, make_site: Callable[..., TestSite]) -> TestSite:
    """Give a site on each kind of store."""
    return make_site(**({"DATABASE_URL": postgresql().database()} if request.param == "postgresql" else {}))


def test_each_store_adds_up_alike(either_site: TestSite) -> None:
    visitor = either_site.visitor("DE")
    for path in ("/", "/privacy"):
        visitor.goes_to(path)
    visitor.accepts()
    assert banners(either_site) == {("de", "en"): 3}
    either_site.visitor("DE").goes_to("/")
    assert banners(either_site) == {("de", "en"): 4}
    write(either_site, *(entry() for _ in range(11)), *(refusal() for _ in range(14)))
    made = report(either_site)
    assert (made.total.accepted, made.total.refused, made.recorded) == (12, 14, 26)
    assert [(line.key, line.figures.accepted) for line in made.signals] == [("none", 12)]


@pytest.mark.postgresql
def test_an_entry_that_is_committed_late_is_waited_for(make_site: Callable[..., TestSite]) -> None:
    site = make_site(DATABASE_URL=postgresql().database())
    write(site, entry())
    late = entry()
    with engine(site).connect() as connection:
        slow = connection.begin()
        records.insert_rows(connection, records.entry_rows(late))
        write(site, entry())
        assert site.site.statistics.catch_up() == Progress(1, 2), "a number is missing before the third"
        slow.commit()
    assert site.site.statistics.catch_up() == Progress(2, 0)
    assert counted(site, "result") == {"accepted": 3}


def test_two_workers_at_once_count_each_entry_once(either_site: TestSite) -> None:
    write(either_site, *(entry() for _ in range(120)))
    workers = [Statistics(engine(either_site), today) for _ in range(4)]
    gate = threading.Barrier(len(workers))
    done: list[int] = []
    failed: list[BaseException] = []

    def work(statistics: Statistics) -> None:
        gate.wait()
        try:
            for _ in range(20):
                done.append(statistics.catch_up(batch=3).done)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(statistics,)) for statistics in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sum(done) == 120 and counted(either_site, "result") == {"accepted": 120}


def test_of_an_erased_record_the_day_is_counted_and_nothing_twice(own_site: TestSite) -> None:
    write(own_site, entry(), entry())
    own_site.site.statistics.catch_up()
    write(own_site, *(entry() for _ in range(12)))
    erase_bodies(own_site)
    own_site.site.statistics.catch_up()
    assert counted(own_site, "region", "result") == {("de", "accepted"): 2, ("", "unknown"): 12}
    made = report(own_site)
    assert made.unknown == 12 and made.recorded is Withheld.FEW


def test_the_ledger_waits_for_a_store_that_is_away(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    visitor.goes_to("/")
    visitor.accepts()
    statistics = own_site.site.statistics
    with gone(own_site):
        statistics.tick()
        with pytest.raises(StoreSilent):
            statistics.catch_up()
        with pytest.raises(StoreSilent):
            statistics.report(last_days(statistics.today(), 7))
    assert counted(own_site, "result") == {}
    assert statistics.catch_up() == Progress(1, 0)
    assert counted(own_site, "result") == {"accepted": 1} and banners(own_site) == {("de", "en"): 2}


def test_a_commit_that_fails_counts_nothing(own_site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    write(own_site, *(entry() for _ in range(12)))
    with monkeypatch.context() as patch:
        patch.setattr("storage.statistics.add_rolled", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(StoreSilent):
            own_site.site.statistics.catch_up()
    assert own_site.site.statistics.catch_up() == Progress(12, 0)
    assert counted(own_site, "result") == {"accepted": 12}


def test_the_polling_thread_counts_every_few_seconds(own_site: TestSite) -> None:
    seconds = [100.0]
    statistics = Statistics(engine(own_site), today, lambda: seconds[0])
    write(own_site, entry())
    statistics.tick()
    assert counted(own_site, "result") == {"accepted": 1}
    write(own_site, entry())
    statistics.tick()
    assert counted(own_site, "result") == {"accepted": 1}, "it is not time yet"
    seconds[0] += 3
    statistics.tick()
    assert counted(own_site, "result") == {"accepted": 2}


def test_no_choice_waits_for_the_counting(own_site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = own_site.site.writer.commits
    monkeypatch.setattr(own_site.site.statistics, "catch_up", lambda *_: pytest.fail("counted within a request"))
    own_site.visitor("DE").accepts()
    assert own_site.site.writer.commits == commits + 1


def test_what_is_too_old_is_forgotten_and_never_counted_again(own_site: TestSite) -> None:
    old = today() - timedelta(days=KEPT_DAYS)
    write(own_site, entry(old - timedelta(days=1)), entry(old + timedelta(days=1)))
    own_site.site.statistics.catch_up()
    assert counted(own_site, "result") == {"accepted": 1}
    own_site.site.counters._now = lambda: today() + timedelta(days=2)
    own_site.site.counters.flush()
    own_site.site.statistics.catch_up()
    assert counted(own_site, "result") == {}


def test_a_report_says_what_came_of_the_banner(own_busy_site: TestSite) -> None:
    for _ in range(12):
        own_busy_site.visitor("DE").accepts()
        visitor = own_busy_site.visitor("FR", language="fr")
        visitor.goes_to("/privacy")
        visitor.rejects()
        own_busy_site.visitor("DE").goes_to("/")
    made = report(own_busy_site)
    assert made.recorded == 24 and made.is_complete and not made.is_empty
    assert (made.total.shown, made.total.ignored) == (48, 24)
    assert (made.total.accepted, made.total.partly, made.total.refused) == (12, 0, 12)
    assert made.total.acceptance == 50
    assert [(line.key, line.figures.accepted, line.figures.refused) for line in made.regions] == [
        ("de", 12, 0),
        ("fr", 0, 12),
    ]
    assert [(line.key, line.figures.ignored) for line in made.locales] == [("en", 12), ("fr", 12)]
    assert made.periods[-1].figures.accepted == 12 and made.periods[0].figures.shown == 0
    assert {line.category: line.acceptance for line in made.categories} == dict.fromkeys(
        (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING), 50
    )
    assert [line.key for line in made.signals] == ["none"]
    numbers = [version.number for version in made.published]
    assert numbers == list(range(1, max(numbers) + 1))


def test_groups_under_ten_are_not_shown_anywhere(own_site: TestSite) -> None:
    write(own_site, *(entry() for _ in range(40)), *(refusal() for _ in range(30)))
    write(own_site, *(refusal(jurisdiction={"region": "fr"}) for _ in range(9)))
    made = report(own_site)
    assert made.recorded == 79 and (made.total.accepted, made.total.refused) == (40, 39)
    lines = {line.key: line.figures for line in made.regions}
    assert lines["fr"].refused is Withheld.FEW
    assert lines["de"].refused is Withheld.FEW, "else the rest of 39 would tell"
    assert (lines["fr"].accepted, lines["de"].accepted) == (0, 40)


def test_to_narrow_a_report_down_tells_no_more(own_site: TestSite) -> None:
    write(own_site, *(entry() for _ in range(40)), *(refusal() for _ in range(30)))
    write(own_site, *(refusal(jurisdiction={"region": "fr"}) for _ in range(9)))
    own_site.site.statistics.catch_up()
    day = own_site.site.statistics.today()
    german = own_site.site.statistics.report(Filter(day, day, region="de"))
    assert german.total.refused is Withheld.FEW, "39 in all, less these, would tell the rest"


@pytest.mark.parametrize(
    ("narrowed", "accepted", "refused"),
    [
        ({"region": "fr"}, 11, 12),
        ({"locale": "en"}, 10, 12),
        ({"tags": 2}, 11, 0),
        ({"category": Category.ANALYTICS}, 21, 12),
        ({"category": Category.MARKETING}, 0, 0),
        ({"region": "de", "locale": "fr"}, 0, 0),
    ],
    ids=str,
)
def test_a_report_can_be_narrowed_down(
    own_site: TestSite, narrowed: dict[str, object], accepted: int, refused: int
) -> None:
    write(own_site, *(entry() for _ in range(10)))
    write(own_site, *(entry(jurisdiction={"region": "fr"}, locale="fr", policy="tags-2") for _ in range(11)))
    write(own_site, *(refusal(jurisdiction={"region": "fr"}) for _ in range(12)))
    own_site.site.statistics.catch_up()
    day = own_site.site.statistics.today()
    made = own_site.site.statistics.report(Filter(day, day, **narrowed))  # type: ignore[arg-type]
    assert (made.total.accepted, made.total.refused) == (accepted, refused)
    assert made.options.regions == ("de", "fr") and made.options.tags == (1, 2)


def test_views_of_pages_follow_the_same_rule(own_site: TestSite) -> None:
    for path, times in (("/en/", 30), ("/en/privacy", 3), ("/de/", 12)):
        for _ in range(times):
            own_site.site.counters.page(path)
    made = report(own_site, days=7)
    assert made.views == 45
    assert made.paths == (("/en/", 30), ("/de/", Withheld.FEW), ("/en/privacy", Withheld.FEW))
    assert made.periods[-1].views == 45


def test_an_empty_store_makes_an_empty_report(own_site: TestSite) -> None:
    made = report(own_site)
    assert made.is_empty and made.recorded == 0 and made.total.shown == 0
    assert made.regions == () and len(made.periods) == 30


def test_the_counts_hold_nothing_of_a_visitor(own_site: TestSite) -> None:
    visitor = own_site.visitor("DE")
    visitor.accepts()
    own_site.site.statistics.catch_up()
    with engine(own_site).connect() as connection:
        consent_id = connection.scalar(records.SUBJECT.select().with_only_columns(records.SUBJECT.c.consent_id))
        entry_id = connection.scalar(records.ENTRY.select().with_only_columns(records.ENTRY.c.id))
        for name in ("choice_count", "category_count", "banner_count", "rolled_up"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {name}").fetchall()
            assert not any(str(known) in str(rows) for known in (consent_id, entry_id))
