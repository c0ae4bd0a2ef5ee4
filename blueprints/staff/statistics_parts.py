"""The parts of the statistics page that hold figures: tiles and tables. No number is made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from blueprints.staff.statistics_query import language_name, region_name, tags_name
from privacy.figures import Figures
from privacy.periods import Span
from privacy.statistics import Cell, Withheld
from services.reports import Line, Report
from web import wording
from web.charts import Strip, number_of, strip
from web.languages import _, catalog, ngettext, pgettext

MOST_ROWS = 40
"""The most rows of a table on the page. The CSV has all."""
PARTS = ("accepted", "partly", "refused")


@dataclass(frozen=True)
class CellView:
    """Hold what stands in a cell, and what is spoken instead where it is a mere sign."""

    text: str
    spoken: str = ""


@dataclass(frozen=True)
class RowView:
    """Hold a row of a table."""

    name: str
    cells: tuple[CellView, ...]
    strip: Strip | None = None
    is_sum: bool = False


@dataclass(frozen=True)
class TableView:
    """Hold a table: its first head names the rows, the others the cells.

    Args:
        bars: the head of the column of bars, where there is one.
        more: what is said of rows that are left out.
    """

    id: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[RowView, ...]
    bars: str = ""
    more: str = ""


@dataclass(frozen=True)
class Tile:
    """Hold one figure of the whole report."""

    label: str
    value: CellView
    note: str = ""


def cell_view(cell: Cell, write: Callable[[int], str] | None = None) -> CellView:
    """Return how a number is written, or what stands for one that is not shown."""
    if isinstance(cell, int):
        return CellView((write or catalog().number)(cell))
    if cell is Withheld.FEW:
        return CellView("*", pgettext("a number", "not shown"))
    return CellView("–", pgettext("a number", "not counted by this"))


def said(cell: Cell) -> str:
    """Return how a number is said within a sentence."""
    view = cell_view(cell)
    return view.spoken or view.text


def percent(cell: Cell) -> CellView:
    """Return how a share is written."""
    return cell_view(cell, catalog().percent)


def measure_names() -> dict[str, str]:
    """Return the names of the measures, in the order in which tables show them."""
    return {
        # Translators: Heads of columns with numbers: pages that showed the banner, then what visitors answered.
        "shown": pgettext("statistics", "Banner shown"),
        "accepted": pgettext("statistics", "Accepted"),
        "partly": pgettext("statistics", "In part"),
        "refused": pgettext("statistics", "Refused"),
        # Translators: Pages with the banner that were left without an answer. Pages, not people.
        "ignored": pgettext("statistics", "No answer"),
        "withdrawn": pgettext("statistics", "Withdrawn"),
        # Translators: Answered again as before, or after the earlier answer had run out.
        "renewed": pgettext("statistics", "Renewed"),
        # Translators: Pages asked for under an opt-out signal (Global Privacy Control) by who has not chosen.
        "signals": pgettext("statistics", "Under a signal"),
        # Translators: The share of "Accepted" in all answers, in per cent.
        "acceptance": pgettext("statistics", "Acceptance"),
    }


def tiles(report: Report) -> tuple[Tile, ...]:
    """Return the figures of the whole report."""
    total = report.total
    pages = _("Pages, not people: who reads three pages is counted three times.")
    found = [
        Tile(_("Pages that showed the banner"), cell_view(total.shown), pages),
        Tile(_("Accepted"), cell_view(total.accepted)),
        Tile(_("Accepted in part"), cell_view(total.partly)),
        Tile(_("Refused"), cell_view(total.refused)),
        Tile(
            _("Share of acceptance"),
            percent(total.acceptance),
            _("Of all answers that accept, accept in part or refuse."),
        ),
        Tile(
            _("Pages left without an answer"),
            cell_view(total.ignored),
            _("Pages with the banner, less the answers. Pages, not people."),
        ),
        Tile(_("Withdrawn"), cell_view(total.withdrawn), _("Something that was allowed was taken back.")),
        Tile(_("Renewed"), cell_view(total.renewed), _("Answered again, as before or after it had run out.")),
        Tile(
            _("Pages under an opt-out signal"),
            cell_view(total.signals),
            _("Asked for with Global Privacy Control, by who has not chosen."),
        ),
    ]
    if report.unknown not in (0, Withheld.UNCOUNTED):
        note = _("Their record was erased before it was counted. Only their day is known.")
        found.append(Tile(_("Acts that nothing is known of"), cell_view(report.unknown), note))
    return tuple(found)


def span_name(span: Span) -> str:
    """Return the words for some days."""
    if span.days == 1:
        return catalog().date(span.first)
    # Translators: Two dates.
    return _("%(first)s to %(last)s") % {"first": catalog().date(span.first), "last": catalog().date(span.last)}


def periods_table(report: Report) -> TableView:
    """Return the figures over time: what the charts show. Times at which nothing happened are left out."""
    names = measure_names()
    rows = [
        RowView(span_name(period.span), (*_cells(period.figures, names), cell_view(period.views)))
        for period in reversed(report.periods)
        if any(cell not in (0, Withheld.UNCOUNTED) for cell in (*_all(period.figures, names), period.views))
    ]
    whole = RowView(_("All"), (*_cells(report.total, names), cell_view(report.views)), is_sum=True)
    heads = (_("When"), *names.values(), _("Page views"))
    return TableView("table-periods", _("The same as a table"), heads, (*rows, whole))


def _all(figures: Figures, names: Sequence[str] | dict[str, str]) -> list[Cell]:
    return [getattr(figures, name) for name in names]


def _cells(figures: Figures, names: dict[str, str]) -> tuple[CellView, ...]:
    return tuple(
        percent(figures.acceptance) if name == "acceptance" else cell_view(getattr(figures, name)) for name in names
    )


def breakdowns(report: Report) -> tuple[TableView, ...]:
    """Return the tables by place, language, version, layer and signal. What holds nothing is left out."""
    found = (
        _breakdown("regions", _("By place"), _("Place"), report, report.regions, region_name),
        _breakdown("locales", _("By language"), _("Language"), report, report.locales, language_name),
        _breakdown("tags", _("By version of the tags"), _("Version"), report, report.tags, tags_name),
        _breakdown("texts", _("By version of the texts"), _("Version"), report, report.texts, _texts_name),
        _breakdown("layers", _("By where it was answered"), _("Where"), report, report.layers, _layer_name),
        _breakdown("signals", _("By opt-out signal"), _("Signal"), report, report.signals, _signal_name),
    )
    return tuple(table for table in found if table.rows)


def _breakdown(
    table_id: str, caption: str, head: str, report: Report, lines: Sequence[Line], name: Callable[[str], str]
) -> TableView:
    names = {k: v for k, v in measure_names().items() if any(c != Withheld.UNCOUNTED for c in _column(lines, k))}
    most = max((sum(number_of(c) for c in _all(line.figures, PARTS)) for line in lines), default=0)
    rows = tuple(
        RowView(
            name(line.key),
            _cells(line.figures, names),
            strip([(part, getattr(line.figures, part)) for part in PARTS], most),
        )
        for line in lines[:MOST_ROWS]
    )
    return TableView(
        f"table-{table_id}", caption, (head, *names.values()), rows, bars=_as_bar(), more=_more(len(lines))
    )


def _column(lines: Sequence[Line], name: str) -> list[Cell]:
    return [getattr(line.figures, name) for line in lines]


def _as_bar() -> str:
    # Translators: Head of a column that shows the numbers of its row as a bar. Heard, not seen.
    return _("As a bar")


def _more(rows: int) -> str:
    rest = rows - MOST_ROWS
    if rest <= 0:
        return ""
    return ngettext("%(n)d more row is in the CSV.", "%(n)d more rows are in the CSV.", rest) % {"n": rest}


def categories_table(report: Report) -> TableView:
    """Return how each category stood after the acts that answered it."""
    most = max((sum(map(number_of, (c.granted, c.partly, c.denied))) for c in report.categories), default=0)
    rows = tuple(
        RowView(
            wording.category_title(c.category),
            (cell_view(c.granted), cell_view(c.partly), cell_view(c.denied), percent(c.acceptance)),
            strip(list(zip(PARTS, (c.granted, c.partly, c.denied), strict=True)), most),
        )
        for c in report.categories
    )
    heads = (
        _("Category"),
        # Translators: How a category stood after an act: on, on for some providers, off.
        pgettext("statistics of a category", "Granted"),
        pgettext("statistics of a category", "In part"),
        pgettext("statistics of a category", "Denied"),
        pgettext("statistics", "Acceptance"),
    )
    return TableView("table-categories", _("By category"), heads, rows, bars=_as_bar())


def paths_table(report: Report) -> TableView:
    """Return the views by page."""
    most = max((number_of(cell) for _path, cell in report.paths), default=0)
    rows = tuple(
        RowView(path, (cell_view(cell),), strip([("accepted", cell)], most)) for path, cell in report.paths[:MOST_ROWS]
    )
    heads = (_("Page"), _("Page views"))
    return TableView("table-paths", _("By page"), heads, rows, bars=_as_bar(), more=_more(len(report.paths)))


def _texts_name(key: str) -> str:
    names = {"cookies": _("Cookie policy %(n)s"), "privacy": _("Privacy policy %(n)s")}
    parts = [part.rpartition("-") for part in key.split(".") if part]
    return catalog().list([names.get(kind, kind) % {"n": number} for kind, _dash, number in parts]) or _("unknown")


def _layer_name(key: str) -> str:
    return {
        "banner": _("In the banner"),
        "preferences": _("On the page of preferences"),
        "policy": _("In the cookie policy"),
        "footer": _("By the button at the foot of every page"),
    }.get(key, key or _("unknown"))


def _signal_name(key: str) -> str:
    return _("With an opt-out signal") if key == "gpc" else _("Without one")
