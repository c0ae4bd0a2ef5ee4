"""How gunicorn serves the site. Everything comes from the settings."""

import gc
from datetime import UTC, datetime

from web.settings import load

_settings = load()

wsgi_app = "app:create_app()"
bind = f"[{_settings.HOST}]:{_settings.PORT}" if ":" in _settings.HOST else f"{_settings.HOST}:{_settings.PORT}"
worker_class = "gthread"
# Built once and shared: threads and connections begin in the worker, after the fork.
preload_app = True
workers = _settings.WORKERS
threads = _settings.THREADS
loglevel = _settings.LOG_LEVEL
keepalive = 5
timeout = 30
graceful_timeout = 10
limit_request_line = 4094
limit_request_field_size = 8190
limit_request_fields = 60
# What a proxy says is believed only where the site itself was told to trust it.
forwarded_allow_ips = ""
# Nobody needs a control socket in a home folder.
control_socket_disable = True
# No access log: an address is personal, and nobody needs it here.
accesslog = None


def on_starting(server):
    """Tell the person who starts the site what to look after."""
    from privacy import jurisdictions
    from web.build import startup_lines

    for line in startup_lines(_settings, jurisdictions.load(), datetime.now(UTC).date()):
        server.log.warning(line)


def when_ready(server):
    """Say where the site is, and share what stays: workers are forked from here."""
    gc.collect()
    gc.freeze()  # To look through it again and again would free nothing, and copy it for each worker.
    server.log.info("The site is at %s", _settings.SITE_ORIGIN)


def post_worker_init(worker):
    """Start what runs beside requests, in this worker."""
    worker.wsgi.extensions["site"].start()


def worker_exit(server, worker):
    """Write what waits before the worker ends."""
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["site"].stop()
