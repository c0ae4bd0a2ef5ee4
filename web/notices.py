"""Note which notice a page shows, so that a record can lead back to it."""

from __future__ import annotations

import hashlib

from flask import request

from web.front import PREVIEW
from web.site import site


def shown(locale: str, region: str, body: str) -> str:
    """Return the hash of a notice that a page shows. One in a preview is shown to no visitor, so it is not kept."""
    if request.environ.get(PREVIEW):
        return hashlib.sha256(body.encode()).hexdigest()
    return site().notices.show(locale, region, body)
