"""Who may do what at the desk: the one table. A route that is not in it is refused to everybody."""

from __future__ import annotations

from typing import Literal, get_args

#: ``officer``: a policy officer, who sees figures only. ``admin`` looks after accounts and reads no chats.
Role = Literal["counsellor", "editor", "officer", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

#: Whom a route is for besides roles: people who are not logged in, and those whose first log-in is not finished.
Other = Literal["anybody", "enrolling"]
Audience = frozenset[str]

_ANYBODY: Audience = frozenset[str]({"anybody"})
_ENROLLING: Audience = frozenset[str]({"enrolling"})
_STAFF: Audience = frozenset[str](ROLES)
_ADMIN: Audience = frozenset[str]({"admin"})
_COUNSELLOR: Audience = frozenset[str]({"counsellor"})
_EDITOR: Audience = frozenset[str]({"editor"})
#: Who may see figures: they are about nobody.
_OFFICER: Audience = frozenset[str]({"officer", "editor"})

#: The page that each role begins on.
HOME: dict[Role, str] = {
    "counsellor": "/desk/queue",
    "editor": "/desk/home",
    "officer": "/desk/figures",
    "admin": "/desk/accounts",
}

#: (method, path) -> who may use it. HEAD goes with GET.
PERMISSIONS: dict[tuple[str, str], Audience] = {
    ("GET", "/desk"): _STAFF | _ENROLLING,
    ("GET", "/desk/static/{name}"): _ANYBODY,
    ("GET", "/desk/login"): _ANYBODY,
    ("POST", "/desk/login"): _ANYBODY,
    ("GET", "/desk/enrol"): _ENROLLING,
    ("POST", "/desk/enrol"): _ENROLLING,
    ("GET", "/desk/account"): _STAFF,
    ("GET", "/desk/accounts"): _ADMIN,
    ("GET", "/desk/audit"): _ADMIN,
    ("GET", "/desk/api/me"): _STAFF,
    ("POST", "/desk/api/logout"): _STAFF | _ENROLLING,
    ("POST", "/desk/api/password"): _STAFF,
    ("GET", "/desk/api/accounts"): _ADMIN,
    ("POST", "/desk/api/accounts"): _ADMIN,
    ("POST", "/desk/api/accounts/{name}/disable"): _ADMIN,
    ("POST", "/desk/api/accounts/{name}/enable"): _ADMIN,
    ("POST", "/desk/api/accounts/{name}/reset"): _ADMIN,
    ("POST", "/desk/api/accounts/{name}/shown-name"): _ADMIN,
    ("POST", "/desk/api/shown-name"): _COUNSELLOR,
    ("GET", "/desk/api/audit"): _ADMIN,
    ("GET", "/desk/figures"): _OFFICER,
    ("GET", "/desk/figures.csv"): _OFFICER,
    ("GET", "/desk/questions"): _EDITOR,
    ("GET", "/desk/api/questions"): _EDITOR,
    ("POST", "/desk/api/questions/messages"): _EDITOR,
    ("POST", "/desk/api/questions/aside"): _EDITOR,
    ("GET", "/desk/publish"): _EDITOR,
    ("GET", "/desk/api/publish"): _EDITOR,
    ("POST", "/desk/api/publish"): _EDITOR,
    ("POST", "/desk/api/trial"): _EDITOR,
    ("POST", "/desk/api/trial/cancel"): _EDITOR,
    ("POST", "/desk/api/draft/discard"): _EDITOR,
    ("GET", "/desk/versions"): _EDITOR,
    ("GET", "/desk/versions/{id}"): _EDITOR,
    ("POST", "/desk/api/versions/{id}/check"): _EDITOR,
    ("POST", "/desk/api/versions/{id}/return"): _EDITOR,
    ("GET", "/desk/sandbox"): _EDITOR,
    ("POST", "/desk/api/sandbox"): _EDITOR,
    ("POST", "/desk/api/sandbox/{id}/say"): _EDITOR,
    ("POST", "/desk/api/sandbox/{id}/end"): _EDITOR,
    ("POST", "/desk/api/tests"): _EDITOR,
    ("POST", "/desk/api/tests/{id}/delete"): _EDITOR,
    ("GET", "/desk/home"): _EDITOR,
    ("GET", "/desk/topics"): _EDITOR,
    ("GET", "/desk/topics/new"): _EDITOR,
    ("GET", "/desk/topics/{id}"): _EDITOR,
    ("GET", "/desk/topics/{id}/messages"): _EDITOR,
    ("GET", "/desk/api/home/questions"): _EDITOR,
    ("POST", "/desk/api/new-topic"): _EDITOR,
    ("POST", "/desk/api/new-topic/preview"): _EDITOR,
    ("GET", "/desk/api/topics/{id}"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/preview"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/texts"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/review"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/details"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/withdraw"): _EDITOR,
    ("GET", "/desk/api/topics/{id}/messages"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/messages/check"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/messages/add"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/messages/change"): _EDITOR,
    ("POST", "/desk/api/topics/{id}/messages/remove"): _EDITOR,
    ("GET", "/desk/queue"): _COUNSELLOR,
    ("GET", "/desk/chats/{id}"): _COUNSELLOR,
    ("GET", "/desk/api/chats"): _COUNSELLOR,
    ("GET", "/desk/api/chats/{id}"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/claim"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/preview"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/reply"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/translate"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/note"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/transfer"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/requeue"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/return"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/close"): _COUNSELLOR,
    ("POST", "/desk/api/chats/{id}/typing"): _COUNSELLOR,
    ("GET", "/desk/api/canned"): _COUNSELLOR,
    ("GET", "/desk/api/colleagues"): _COUNSELLOR,
    ("GET", "/desk/api/events"): _COUNSELLOR,
    ("GET", "/desk/facts"): _EDITOR,
    ("GET", "/desk/facts/new"): _EDITOR,
    ("GET", "/desk/facts/{id}"): _EDITOR,
    ("POST", "/desk/api/facts"): _EDITOR,
    ("GET", "/desk/api/facts/{id}"): _EDITOR,
    ("POST", "/desk/api/facts/{id}"): _EDITOR,
    ("POST", "/desk/api/facts/{id}/preview"): _EDITOR,
    ("GET", "/desk/services"): _EDITOR,
    ("GET", "/desk/services/new"): _EDITOR,
    ("GET", "/desk/services/{id}"): _EDITOR,
    ("POST", "/desk/api/services"): _EDITOR,
    ("POST", "/desk/api/services/preview"): _EDITOR,
    ("GET", "/desk/api/services/{id}"): _EDITOR,
    ("POST", "/desk/api/services/{id}"): _EDITOR,
    ("POST", "/desk/api/services/{id}/preview"): _EDITOR,
    ("POST", "/desk/api/services/{id}/remove"): _EDITOR,
    ("GET", "/desk/stories"): _EDITOR,
    ("GET", "/desk/texts/{id}"): _EDITOR,
    ("GET", "/desk/api/texts/{id}"): _EDITOR,
    ("POST", "/desk/api/texts/{id}"): _EDITOR,
    ("GET", "/desk/translations"): _EDITOR,
    ("GET", "/desk/api/translations/{language}"): _EDITOR,
    ("GET", "/desk/api/translations/{language}/{catalogue}"): _EDITOR,
    ("POST", "/desk/api/translations/{language}/{catalogue}"): _EDITOR,
    ("POST", "/desk/api/translations/{language}/{catalogue}/look"): _EDITOR,
}


def audience(method: str, path: str) -> Audience:
    """Who may use a route (its path as registered, with ``{name}``); nobody if it is not in the table."""
    return PERMISSIONS.get(("GET" if method == "HEAD" else method, path), frozenset())
