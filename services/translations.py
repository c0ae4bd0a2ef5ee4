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
        """Write the template anew and return how many texts it holds."""
        found = workshop.extract(self._root)
        workshop.write(workshop.template_path(self._folder), found)
        return len(found)

    def update(self) -> None:
        """Bring every catalog up to the template."""
        template = workshop.extract(self._root)
        for locale in LOCALES:
            workshop.update(self._folder, locale, template)

    def compile(self) -> list[str]:
        """Compile what is not, and return the codes of those locales."""
        return catalogs.compile_stale(self._folder)

    def check(self) -> list[str]:
        """Return what is wrong, one line each."""
        return [str(finding) for finding in workshop.check(self._root, self._folder)]

    def status(self) -> list[dict[str, object]]:
        """Return per locale how much is done."""
        return [
            {
                "locale": locale.tag,
                "texts": total,
                "done": done,
                "fuzzy": fuzzy,
                "complete": f"{100 * done // total if total else 100} %",
            }
            for locale, total, done, fuzzy in workshop.status(self._folder)
        ]
