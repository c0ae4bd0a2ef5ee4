"""What the contact page shows."""

from __future__ import annotations

from dataclasses import dataclass

from web.policy.privacy import phone_uri
from web.site import site


@dataclass(frozen=True)
class Ways:
    """Hold the ways to get in touch. What is not configured is None and is not shown."""

    name: str
    address: tuple[str, ...]
    email: str | None
    phone: str | None
    phone_uri: str | None


def ways() -> Ways:
    """Return the configured ways to get in touch."""
    settings = site().settings
    phone = settings.CONTACT_PHONE
    return Ways(
        name=settings.CONTROLLER_NAME,
        address=tuple(part.strip() for part in settings.CONTROLLER_ADDRESS.split(",")),
        email=settings.CONTACT_EMAIL,
        phone=phone,
        phone_uri=phone_uri(phone),
    )
