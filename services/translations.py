"""The pipeline of the catalogs."""

from __future__ import annotations

from pathlib import Path

from i18n import catalogs, workshop
from i18n.locales import LOCALES


class Translations:
    """Work on the catalogs of a tree.

    Args:
        root: the top of the project.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "translations"

    def extract(self) -> int:
        """Write the templates anew and return how many texts they hold."""
        total = 0
        for domain in catalogs.DOMAINS:
            found = workshop.extract(self._root, domain)
            workshop.write(workshop.template_path(self._folder, domain), found)
            total += len(found)
        return total

    def update(self) -> None:
        """Bring every catalog up to the template."""
        for domain in catalogs.DOMAINS:
            template = workshop.extract(self._root, domain)
            for locale in LOCALES:
                workshop.update(self._folder, locale, template, domain)

    def compile(self) -> list[str]:
        """Compile what is not, and return the codes of those locales."""
        made = [code for domain in catalogs.DOMAINS for code in catalogs.compile_stale(self._folder, domain)]
        return list(dict.fromkeys(made))

    def check(self) -> list[str]:
        """Return what is wrong, one line each."""
        return [str(finding) for finding in workshop.check(self._root, self._folder)]

    def status(self) -> list[dict[str, object]]:
        """Return per locale how much is done."""
        return [
            {
                "locale": locale.tag,
                "of": domain,
                "texts": total,
                "done": done,
                "fuzzy": fuzzy,
                "complete": f"{100 * done // total if total else 100} %",
            }
            for domain in catalogs.DOMAINS
            for locale, total, done, fuzzy in workshop.status(self._folder, domain)
        ]
