"""Extract, update, check and compile catalogs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from i18n.catalogs import DOMAIN, DOMAINS, STAFF
from i18n.locales import LOCALES, SiteLocale

_MAPPINGS = {DOMAIN: "babel.cfg", STAFF: "babel-staff.cfg"}
_PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]")
_NOISE = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To): .*\n', re.MULTILINE)
_MARK = re.compile(r"</?[a-z]+>")
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "N_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


@dataclass(frozen=True)
class Finding:
    """Hold one thing that is wrong in a catalog."""

    file: str
    line: int
    text: str
    problem: str

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.file}:{self.line}: {self.problem}: {self.text!r}"


def template_path(folder: Path, domain: str = DOMAIN) -> Path:
    """Return where the template of all catalogs of a domain stands."""
    return folder / f"{domain}.pot"


def catalog_path(folder: Path, locale: SiteLocale, domain: str = DOMAIN) -> Path:
    """Return where a locale's catalog of a domain stands."""
    return folder / locale.code / "LC_MESSAGES" / f"{domain}.po"


def extract(root: Path, domain: str = DOMAIN) -> Catalog:
    """Return the texts that the sources of a domain hold, with context and comments for translators."""
    with (root / _MAPPINGS[domain]).open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog(project="privacy-microsite", charset="utf-8", fuzzy=False)
    rows = extract_from_dir(
        str(root), methods, options, keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for filename, _, message, comments, context in sorted(rows, key=lambda row: (row[0], row[1])):
        # Line numbers change with every edit and would make each commit touch every catalog: files are enough.
        found.add(message, None, [(filename, 0)], auto_comments=comments, context=context)
    return found


def write(path: Path, catalog: Catalog) -> None:
    """Write a catalog in its one stable form: sorted by source, no line numbers, no time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=100, sort_by_file=True, include_lineno=False, omit_header=False)
    text = path.read_text("utf-8")
    text = _NOISE.sub("", text)
    path.write_text(text, "utf-8")


def read(path: Path, locale: SiteLocale) -> Catalog:
    """Read a locale's catalog; an empty one where there is none yet."""
    domain = path.stem
    if not path.exists():
        return Catalog(locale=locale.code, domain=domain, project="privacy-microsite", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale.code, domain=domain)


def update(folder: Path, locale: SiteLocale, template: Catalog, domain: str = DOMAIN) -> None:
    """Bring a locale's catalog of a domain up to the template. No translation is guessed."""
    path = catalog_path(folder, locale, domain)
    catalog = read(path, locale)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    write(path, catalog)


def is_source(locale: SiteLocale) -> bool:
    """Say whether a locale is the language of the sources, whose texts stand for themselves."""
    return locale.code == "en"


def key(message: Message) -> tuple[str | None, str]:
    """Return what tells a message from others."""
    text = message.id if isinstance(message.id, str) else message.id[0]
    return message.context, text


def check(root: Path, folder: Path) -> Iterator[Finding]:
    """Find what must not be served: stale, missing, fuzzy or broken texts, of every domain."""
    for domain in DOMAINS:
        yield from _check(root, folder, domain)


def _check(root: Path, folder: Path, domain: str) -> Iterator[Finding]:
    wanted = extract(root, domain)
    ids = {key(m) for m in wanted if m.id}
    pot = template_path(folder, domain)
    with pot.open("rb") as file:
        have = {key(m) for m in read_po(file) if m.id}
    if have != ids:
        yield Finding(pot.name, 0, "", "the template is stale: run `make catalogs`")
    for locale in LOCALES:
        path = catalog_path(folder, locale, domain)
        name = path.relative_to(folder).as_posix()
        catalog = read(path, locale)
        present = {key(m) for m in catalog if m.id}
        for missing in ids - present:
            yield Finding(name, 0, missing[1], "missing from the catalog")
        for gone in present - ids:
            yield Finding(name, 0, gone[1], "no longer in the sources")
        for message in catalog:
            if message.id:
                for problem in problems(message, catalog.num_plurals, is_source(locale)):
                    yield Finding(name, message.lineno or 0, key(message)[1], problem)


def problems(message: Message, plurals: int, source: bool) -> Iterator[str]:
    """Say what is wrong with one message."""
    texts = _texts(message)
    if source and not any(texts):
        return
    if message.fuzzy:
        yield "fuzzy"
    if not isinstance(message.id, str) and len(texts) != plurals:
        yield f"has {len(texts)} of {plurals} plural forms"
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    for text in texts:
        if not text:
            yield "untranslated"
            continue
        if not any(set(_PLACEHOLDER.findall(text)) == set(_PLACEHOLDER.findall(s)) for s in sources):
            yield "placeholders differ from the source"
        if "%" in _PLACEHOLDER.sub("", text).replace("%%", "") and _PLACEHOLDER.search(sources[0]):
            yield "a stray % would raise when it is shown"
        if sorted(_MARK.findall(text)) != sorted(_MARK.findall(sources[-1])):
            yield "marks such as <cookies> differ from the source"
        if text != text.strip() and sources[0] == sources[0].strip():
            yield "leading or trailing space"


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def status(folder: Path, domain: str = DOMAIN) -> Iterable[tuple[SiteLocale, int, int, int]]:
    """Return each locale with how many texts of a domain it has, how many of them translated and how many fuzzy."""
    for locale in LOCALES:
        messages = [m for m in read(catalog_path(folder, locale, domain), locale) if m.id]
        if is_source(locale):
            yield locale, len(messages), len(messages), 0
            continue
        done = [m for m in messages if not m.fuzzy and all(_texts(m))]
        yield locale, len(messages), len(done), sum(1 for m in messages if m.fuzzy)
