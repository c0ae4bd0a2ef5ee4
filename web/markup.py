"""The only place where markup is made from text: our own templates' output, and links in translated sentences."""

from __future__ import annotations

from typing import Any

from flask import render_template
from markupsafe import Markup


def rendered(template: str, **context: Any) -> Markup:
    """Return a part rendered by its own template, which escaped what it was given."""
    # The output of a template that escapes.
    return Markup(render_template(template, **context))  # nosec B704


def frozen(html: str) -> Markup:
    """Return a section of a published text, which a template of ours made and escaped before it was frozen."""
    # Read from tables that only :mod:`services.policies` writes and that refuse changes, or made just now.
    return Markup(html)  # nosec B704


def linked(text: str, **links: str) -> Markup:
    """Put links into a translated sentence: ``<name>words</name>`` becomes a link to ``links['name']``.

    The sentence itself is escaped first; a mark without an address stays text, so no translation can add markup.
    """
    escaped = str(Markup.escape(text))
    for name, address in links.items():
        href = Markup.escape(address)
        escaped = escaped.replace(f"&lt;{name}&gt;", f'<a href="{href}">').replace(f"&lt;/{name}&gt;", "</a>")
    # Escaped above; only our own anchors were added.
    return Markup(escaped)  # nosec B704
