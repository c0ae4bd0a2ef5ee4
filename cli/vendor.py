"""``flask tags vendor``: say more of a vendor than the library or its tags do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
from flask.cli import with_appcontext

from cli.publishing import carry_out, dry
from privacy.categories import Category
from privacy.fields import BadTag
from privacy.vendors import VendorCookie, VendorEdit, VendorOrigin
from services.tags import Proposal, Published
from web.site import site


@click.command("vendor")
@click.argument("vendor_id", metavar="ID")
@click.option("--name", help="Its name, as visitors read it.")
@click.option("--entity", help="The legal entity.")
@click.option("--country", help="Where the data go: a country's code.")
@click.option("--privacy-url", help="Its privacy policy.")
@click.option("--role", type=click.Choice(["processor", "third_party"]), help="Whether it uses the data for itself.")
@click.option("--links-identity/--no-links-identity", default=None, help="It links what it gets to persons it knows.")
@click.option("--origin", "origins", multiple=True, metavar="DIRECTIVE=ORIGIN", help="A further origin that it needs.")
@click.option("--cookie", "cookies", multiple=True, metavar="NAME:DAYS", help="A cookie; 0 days for the session.")
@click.option("--category", help="In which category, where the vendor is used in several.")
@click.option("--clear", is_flag=True, help="Take back what was said before, before the other options are applied.")
@dry
@with_appcontext
def vendor(
    vendor_id: str,
    origins: tuple[str, ...],
    cookies: tuple[str, ...],
    category: str | None,
    clear: bool,
    dry_run: bool,
    **facts: Any,
) -> None:
    """Correct a vendor's facts, and add origins and cookies to what it declares."""

    def proposal() -> Proposal:
        live = site().tags.published()
        known = next((each for each in live.vendor_edits if each.id == vendor_id), None)
        edit = known if known and not clear else VendorEdit(vendor_id)
        edit = replace(edit, **{name: value for name, value in facts.items() if value is not None})
        if origins or cookies:
            edit = _with(edit, origins, cookies, _category(vendor_id, category, live))
        if not edit and not known:
            raise BadTag(f"Nothing is said of {vendor_id!r}.", "id")
        return site().tags.change_vendor(edit)

    version = carry_out(proposal, f"said more of the vendor {vendor_id}", dry_run)
    if version:
        click.echo(f"{vendor_id} is changed (version {version}).")


def _with(edit: VendorEdit, origins: tuple[str, ...], cookies: tuple[str, ...], category: Category) -> VendorEdit:
    further = dict.fromkeys(edit.origins)
    for text in origins:
        directive, equals, origin = text.partition("=")
        if not equals:
            raise BadTag(f"--origin takes DIRECTIVE=ORIGIN; {text!r} is not that.", "origins")
        further[VendorOrigin(category, directive, origin)] = None
    named = {(each.category, each.name, each.kind, each.host): each for each in edit.cookies}
    for text in cookies:
        name, _, days = text.partition(":")
        try:
            made = VendorCookie(category, name, lifetime_days=int(days) if days else -1)
        except ValueError as error:
            raise BadTag(f"--cookie takes NAME:DAYS; {text!r} is not that.", "cookies") from error
        key = (made.category, made.name, made.kind, made.host)
        named[key] = replace(named.get(key, made), lifetime_days=made.lifetime_days)
    return replace(edit, origins=tuple(further), cookies=tuple(named.values()))


def _category(vendor_id: str, name: str | None, live: Published) -> Category:
    """Return the category that is meant: the one that is named, or the only one in which the vendor is used."""
    stated, used = site().tags.vendor_library.vendors.get(vendor_id), live.registry.vendors.get(vendor_id)
    uses = stated["uses"] if stated else [use.category for use in used.uses] if used else []
    known = [Category(each) for each in uses]
    if name is None and len(known) == 1:
        return known[0]
    if name not in list(Category):
        takes = ", ".join(known or list(Category))
        raise BadTag(f"--category is missing: it takes {takes}.", "category")
    return Category(name)
