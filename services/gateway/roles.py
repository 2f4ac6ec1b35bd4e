"""Who may use what: endpoints by roles_matrix.toml, commands by the rules' own table.

An endpoint's entry is one word or a list of roles:
    public   nobody needs to be signed in       session  any signed-in session
    local    from this machine, not forwarded   person   registered on the site (any role)
    site     signed in, for one of the session's sites
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from services.seven_steps import roles
from services.seven_steps.board import Board
from services.seven_steps.commands import COMMANDS

PUBLIC, SESSION, PERSON, SITE, LOCAL = "public", "session", "person", "site", "local"
WORDS = frozenset({PUBLIC, SESSION, PERSON, SITE, LOCAL})


@cache
def endpoint_matrix() -> Mapping[tuple[str, str], str | frozenset[str]]:
    """(method, path) -> who may. Raises ValueError for an unknown word or role."""
    text = files("services.gateway").joinpath("roles_matrix.toml").read_text("utf-8")
    return {_key(endpoint): _who(endpoint, who) for endpoint, who in tomllib.loads(text)["endpoints"].items()}


def _key(endpoint: str) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    return method, path


def _who(endpoint: str, who: object) -> str | frozenset[str]:
    if isinstance(who, str) and who in WORDS:
        return who
    if isinstance(who, list) and who and set(who) <= roles.ROLES:
        return frozenset(who)
    raise ValueError(f"roles_matrix.toml: {endpoint}: {who!r}")


def may_send(type_: str, held: frozenset[str], board: Board) -> bool:
    """Whether somebody registered with these roles may send this command at all. Unknown types: nobody."""
    spec = COMMANDS.get(type_)
    if spec is None:
        return False
    return spec.roles >= roles.ANYONE or bool(spec.roles & held) or _on_simulated_site(type_, board)


def roles_for(type_: str) -> frozenset[str]:
    """The roles a 403 names."""
    spec = COMMANDS.get(type_)
    return spec.roles if spec is not None else frozenset()


def _on_simulated_site(type_: str, board: Board) -> bool:
    """Anybody moves the clock of a simulated site."""
    return type_ == "advance_clock" and board.site is not None and board.site.clock == "simulated"
