"""Send the mails of the sign-in, in plain text."""

from __future__ import annotations

import logging
import smtplib
import ssl
import threading
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask
from flask_security import MailUtil

from web.site import site

log = logging.getLogger(__name__)

_TIMEOUT = 10


class Mail(MailUtil):  # type: ignore[misc]
    """Send what the sign-in library writes, beside the request: how long it takes tells nobody who has an account."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)

    def validate(self, email: str) -> str:
        """Return an address in its one spelling. No name server is asked: nobody makes an account by a form."""
        return str(self.normalize(email))

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str,
        sender: str,
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        """Send one mail. Without a mail server, nothing is sent and the log says so."""
        settings = site().settings
        if settings.SMTP_URL is None:
            log.warning("a mail about %s was not sent: SMTP_URL is not set", template.rpartition("/")[2])
            return
        message = EmailMessage()
        message["Subject"] = " ".join(str(subject).split())
        message["From"] = f"{settings.SITE_NAME} <{settings.CONTACT_EMAIL or _sender(settings.SITE_ORIGIN)}>"
        message["To"] = recipient
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body or "")
        # No daemon: a command that sends one ends when it is sent.
        threading.Thread(target=_send, args=(settings.SMTP_URL, message), name="mail").start()


def _sender(origin: str) -> str:
    return f"no-reply@{urlsplit(origin).hostname}"


def _send(url: str, message: EmailMessage) -> None:
    try:
        deliver(url, message)
    except (OSError, smtplib.SMTPException) as error:
        log.error("a mail could not be sent: %s", type(error).__name__)


def deliver(url: str, message: EmailMessage) -> None:
    """Hand a mail to a mail server.

    Args:
        url: ``smtp://`` or ``smtps://`` with the server's name, and user and password where it wants them.

    Raises:
        OSError, smtplib.SMTPException: when the server does not take it.
    """
    parts = urlsplit(url)
    host = str(parts.hostname)
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, parts.port or 465, timeout=_TIMEOUT, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=_TIMEOUT)
    with server:
        if parts.scheme == "smtp":
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
