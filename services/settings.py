"""Where this installation keeps its data and where its parts listen: one value, read once, passed on.

A setting is taken from the first of: command line flag, environment (`SEVENGATES_…`), `config.toml` in the data
directory, default. The data directory holds everything of a one-machine installation:

    log.db        the log (commands, outcomes), when the log is SQLite
    register.db   the read side; can be dropped and rebuilt
    vault.db      the people vault (personal data)
    accounts.db   accounts, sessions, one-time codes
    documents/    PDFs and photos by SHA-256
    keys/         seal key, site keys
    config.toml   the sites and any URL that differs from the default
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

DATA_DEFAULT = "data"
HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8077
#: The push services of Chrome, Firefox, Safari and Edge.
PUSH_HOSTS_DEFAULT = "fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
PORT_MAX = 65535
SLOT_MAX = 99

CONFIG_NAME = "config.toml"
#: flag and config key -> environment variable
ENVIRONMENT: Mapping[str, str] = {
    "data": "SEVENGATES_DATA",
    "log_url": "SEVENGATES_LOG_URL",
    "register_url": "SEVENGATES_REGISTER_URL",
    "vault_url": "SEVENGATES_VAULT_URL",
    "accounts_url": "SEVENGATES_ACCOUNTS_URL",
    "documents_url": "SEVENGATES_DOCUMENTS_URL",
    "host": "SEVENGATES_HOST",
    "port": "SEVENGATES_PORT",
    "public_url": "SEVENGATES_PUBLIC_URL",
    "slot": "SEVENGATES_SLOT",
    "push_hosts": "SEVENGATES_PUSH_HOSTS",
}
#: keys of config.toml that are not settings of one value
SITES_KEY = "sites"


class BadSettings(ValueError):
    """A setting that cannot be used; the message is one line for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a part needs to know about its surroundings.

    log_url:  `sqlite:///abs/path.db` (three slashes and the absolute path) or `kafka://host:port`
    register_url, vault_url, accounts_url: SQLAlchemy URLs
    documents_url: `file:///abs/path`
    host, port: where the gateway listens; public_url: how browsers and QR codes name it
    slot:     0..99, which of several workers of one service this process is
    sites:    ids of the sites served here
    push_hosts: push services that may be asked to wake a browser, with commas between, `*.` for any first part;
              "none" for a site that must not call outside
    """

    data: Path
    log_url: str
    register_url: str
    vault_url: str
    accounts_url: str
    documents_url: str
    host: str = HOST_DEFAULT
    port: int = PORT_DEFAULT
    public_url: str = ""
    slot: int = 0
    sites: tuple[str, ...] = ()
    push_hosts: str = PUSH_HOSTS_DEFAULT

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def config(self) -> Path:
        return self.data / CONFIG_NAME

    @property
    def embedded(self) -> bool:
        """True when the log is SQLite: one machine, one writing process."""
        return self.log_url.startswith("sqlite:")

    @property
    def url(self) -> str:
        """How people reach the gateway. `localhost`, because passkeys need a name, not an address."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "localhost" if self.host in {"127.0.0.1", "::1", "localhost"} else self.host
        return f"http://{host}:{self.port}"

    def with_(self, **changes: Any) -> Settings:
        return replace(self, **changes)


def of_data(data: Path) -> Settings:
    """The defaults for a data directory: everything on this machine."""
    data = data.expanduser().resolve()
    return Settings(
        data=data,
        log_url=f"sqlite://{data / 'log.db'}",
        register_url=f"sqlite:///{data / 'register.db'}",
        vault_url=f"sqlite:///{data / 'vault.db'}",
        accounts_url=f"sqlite:///{data / 'accounts.db'}",
        documents_url=f"file://{data / 'documents'}",
    )


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags, environment, config.toml and defaults, in this order. Raises BadSettings."""
    flags = {key: value for key, value in (flags or {}).items() if value is not None}
    environ = os.environ if environ is None else environ
    named = {key: environ[name] for key, name in ENVIRONMENT.items() if environ.get(name)}
    settings = of_data(Path(flags.get("data") or named.get("data") or DATA_DEFAULT))
    for source in (_config(settings.config), named, flags):
        settings = _apply(settings, source)
    return settings


def _config(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise BadSettings(f"cannot read {path}: {problem}") from problem
    try:
        config = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadSettings(f"{path}: {problem}") from problem
    unknown = sorted(set(config) - set(ENVIRONMENT) - {SITES_KEY})
    if unknown or "data" in config:
        raise BadSettings(f"{path}: unknown key {', '.join(unknown or ['data'])}")
    return config


def _apply(settings: Settings, source: Mapping[str, Any]) -> Settings:
    changes: dict[str, Any] = {}
    for key, value in source.items():
        if key == "data":
            continue
        if key == "port":
            changes[key] = _number(key, value, PORT_MAX)
        elif key == "slot":
            changes[key] = _number(key, value, SLOT_MAX)
        elif key == SITES_KEY:
            changes[key] = tuple(str(site) for site in value)
        elif key in ENVIRONMENT:
            changes[key] = str(value)
    if "log_url" in changes and not changes["log_url"].startswith(("sqlite:///", "kafka://")):
        raise BadSettings(f"log_url {changes['log_url']}: expected sqlite:///absolute/path.db or kafka://host:port")
    return replace(settings, **changes)


def _number(key: str, value: Any, most: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise BadSettings(f"{key} {value!r}: expected a whole number") from None
    if not 0 <= number <= most:
        raise BadSettings(f"{key} {number}: expected 0 to {most}")
    return number


def write_config(settings: Settings, **entries: Any) -> None:
    """Add entries to config.toml (kept small and flat, so that it stays readable). Written whole, then renamed."""
    config = {**_config(settings.config), **entries}
    settings.data.mkdir(parents=True, exist_ok=True)
    temporary = settings.config.with_suffix(".tmp")
    temporary.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in sorted(config.items())), "utf-8")
    temporary.replace(settings.config)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
