"""The four categories that a visitor chooses between, and the models by which a law treats them."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """Name a purpose category. The values are the ones that forms, cookies and commands use."""

    NECESSARY = "necessary"
    FUNCTIONAL = "functional"
    ANALYTICS = "analytics"
    MARKETING = "marketing"


CHOOSABLE: tuple[Category, ...] = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
"""The categories that can be granted or refused, in the order in which they are shown."""


class Model(StrEnum):
    """Say how a law treats a category, from the loosest to the strictest."""

    EXEMPT = "exempt"
    NOTICE = "notice"
    OPT_OUT = "opt-out"
    OPT_IN = "opt-in"
    PROHIBITED = "prohibited"

    @property
    def strictness(self) -> int:
        """Give the place in the order from loosest (0) to strictest (4)."""
        return _ORDER[self]


_ORDER = {model: index for index, model in enumerate(Model)}


def strictest(*models: Model) -> Model:
    """Return the strictest of the models.

    Raises:
        ValueError: when called with none.
    """
    return max(models, key=lambda model: model.strictness)
