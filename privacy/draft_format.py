"""The form in which a draft is stored, and the hash by which it is approved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from privacy.approvals import Approval
from privacy.configs import TagConfig, config_document, config_from
from privacy.drafts import Change, Draft, Item
from privacy.fields import BadTag
from privacy.ledger import canonical
from privacy.vendors import edit_document, edit_from

FORMAT = 1
MOST_CHARACTERS = 2_000_000


class Unreadable(ValueError):
    """A stored draft is not one that this release can read."""


def print_of(draft: Draft, approvals: Iterable[Approval]) -> str:
    """Return the hash of what is approved in a draft: its changes, and what the tags to be approved would do."""
    needs = [[each.kind, each.id, each.reason, each.detail, each.print] for each in approvals]
    document = {**draft_document(draft), "base": None, "approvals": needs}
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def draft_document(draft: Draft) -> dict[str, Any]:
    """Return a draft as it is stored."""
    return {
        "format": FORMAT,
        "base": draft.base,
        "tags": [[key, *map(_plain, (c.before, c.after))] for key, c in draft.tags.items()],
        "vendors": [[key, *map(_plain, (c.before, c.after))] for key, c in draft.vendors.items()],
    }


def draft_text(draft: Draft) -> str:
    """Return a draft as JSON.

    Raises:
        BadTag: when it is too long to be stored.
    """
    text = canonical(draft_document(draft))
    if len(text) > MOST_CHARACTERS:
        raise BadTag(f"A draft takes {MOST_CHARACTERS // 1_000_000} MB at most: publish a part of it first.")
    return text


def draft_from(text: str) -> Draft:
    """Read a stored draft.

    Raises:
        Unreadable: when this release cannot.
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise Unreadable(f"format {document['format']!r}")
        return Draft(
            document["base"],
            _changes(document["tags"], config_from),
            _changes(document["vendors"], edit_from),
        )
    except Unreadable:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(str(error)) from error


def _changes(stored: Sequence[Sequence[Any]], reader: Callable[[Any], Item]) -> dict[str, Change]:
    return {
        key: Change(None if before is None else reader(before), None if after is None else reader(after))
        for key, before, after in stored
    }


def _plain(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    return config_document(item) if isinstance(item, TagConfig) else edit_document(item)
