"""What the law asks of a tag before it may stand in a category, or be exempt, whoever approves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from privacy.categories import Category
from privacy.configs import TagConfig
from privacy.fields import BadTag
from privacy.registry import NECESSARY_PURPOSES


def check_necessary(config: TagConfig, category: str | None, vendors: Mapping[str, Any]) -> None:
    """Hold a tag to what strictly necessary means: ePrivacy Directive art. 5(3); WP29 Opinion 04/2012.

    Raises:
        BadTag: when it is not, or when another category states a reason.
    """
    if category != Category.NECESSARY:
        if config.reason is not None:
            raise BadTag("The reason goes with what is strictly necessary alone.", "reason")
        return
    if not config.reason or not 20 <= len(config.reason.strip()) <= 500:
        raise BadTag("Strictly necessary takes a reason of 20 to 500 characters: why the site fails without.", "reason")
    if not config.purposes or not NECESSARY_PURPOSES.issuperset(config.purposes):
        stated = " and ".join(sorted(NECESSARY_PURPOSES))
        raise BadTag(f"Strictly necessary takes the purposes {stated} alone.", "purposes")
    if any(vendor["role"] != "processor" for vendor in vendors.values()):
        raise BadTag("Strictly necessary takes a vendor that works for this site alone: a processor.", "vendor_role")
    if any(vendor["links_identity"] for vendor in vendors.values()):
        raise BadTag("Strictly necessary takes no vendor that links what it gets to people.", "links_identity")
    if config.storage is None:
        raise BadTag("Strictly necessary takes the storage keys that are set, or that there are none.", "storage")
    if config.exemptions:
        raise BadTag("What is strictly necessary needs no exemption.", "exemptions")


def check_exempt_lives(
    config: TagConfig,
    vendors: Mapping[str, Any],
    pairs: Sequence[tuple[str, str]],
    limits: Mapping[str, int | None],
) -> None:
    """Hold the cookies of an exempted tag to the longest life that its exemption takes.

    Args:
        vendors, pairs: what the tag needs.
        limits: exemption to days, or None where any life is taken.

    Raises:
        BadTag: when one lives longer, or nobody knows how long.
    """
    for exemption in config.exemptions:
        most = limits.get(exemption)
        for category, vendor in pairs if most else ():
            for cookie in vendors[vendor]["uses"][category]["cookies"]:
                if not 0 <= cookie["lifetime_days"] <= most:
                    raise BadTag(
                        f"{exemption} takes cookies that live {most} days at most; {cookie['name']} is not known to.",
                        "exemptions",
                    )
