"""The blueprint of the console. Its pages stand in the modules beside."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("console", __name__, url_prefix="/staff")
