"""What tests do at the desk: a running one, a clock to turn, and people with a browser."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import aiohttp
import pyotp
from sqlalchemy.engine import Connection
from yarl import URL

from bot.desk import sessions, tables
from bot.desk.app import Desk
from bot.desk.roles import Role
from bot.desk.second_factor import new_secret
from bot.gateway.metrics import Metrics
from bot.gateway.store import Store

PASSWORD = "vier paarden in de sloot"
START = dt.datetime(2026, 11, 25, 9, 0, 10, tzinfo=dt.timezone.utc)


@dataclass
class TestClock:
    """A clock that stands still until it is turned."""

    __test__ = False

    now: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.now

    def turn(self, **time: float) -> None:
        self.now += dt.timedelta(**time)


class Browser:
    """Somebody's browser: keeps cookies, follows no redirect by itself, says that it asks from the same site."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.csrf = ""

    async def __aenter__(self) -> Browser:
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def get(self, path: str, **headers: str) -> Answer:
        """Open a page, or read from the API."""
        return await self.send("GET", path, headers=headers)

    async def submit(self, path: str, **fields: str) -> Answer:
        """Send a page's form with the token that is in it."""
        page = await self.get(path)
        return await self.send("POST", path, data={"csrf": page.csrf, **fields})

    async def post(self, path: str, body: object = None, **headers: str) -> Answer:
        """Change something with the API."""
        given = {"X-CSRF-Token": self.csrf, **headers}
        return await self.send("POST", f"/desk/api/{path}", headers=given, **({} if body is None else {"json": body}))

    async def send(self, method: str, path: str, headers: dict[str, str] | None = None, **content: Any) -> Answer:
        """Any request. An empty header is left out."""
        given = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
        given |= {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        given = {name: value for name, value in given.items() if value}
        async with self.session.request(
            method, self.url + path, headers=given, allow_redirects=False, **content
        ) as answer:
            # A stream never ends; its headers are enough.
            is_stream = answer.content_type == "text/event-stream"
            return Answer(answer.status, answer.headers.copy(), "" if is_stream else await answer.text())

    async def log_in(self, name: str, password: str, code: str = "") -> Answer:
        """Fill in the log-in page."""
        answer = await self.submit("/desk/login", name=name, password=password, code=code)
        await self.read_token()
        return answer

    async def read_token(self) -> None:
        """Take the CSRF token from a page, as its scripts do."""
        self.csrf = (await self.get("/desk/account")).csrf

    def cookie(self, name: str) -> str:
        """A cookie that it keeps; "" if there is none."""
        return next((cookie.value for cookie in self.session.cookie_jar if cookie.key == name), "")

    def take_cookie(self, name: str, value: str) -> None:
        """Put a cookie in, as a thief would."""
        self.session.cookie_jar.update_cookies({name: value}, URL(self.url + "/desk/"))


@dataclass(frozen=True)
class Answer:
    """What the desk answered."""

    status: int
    headers: Any
    text: str

    @property
    def csrf(self) -> str:
        """The token in a page's form, else the one for its scripts."""
        found = re.search(r'name="csrf" value="(\w+)"|name="csrf-token" content="(\w+)"', self.text)
        return (found.group(1) or found.group(2)) if found else ""

    @property
    def secret(self) -> str:
        """The second factor on the page of the first log-in."""
        found = re.search(r'class="secret">([A-Z2-7 ]+)<', self.text)
        assert found, self.text
        return found.group(1).replace(" ", "")

    @property
    def fault(self) -> str:
        """What a page says is wrong."""
        found = re.search(r'role="alert">([^<]+)<', self.text)
        return html.unescape(found.group(1)) if found else ""


@dataclass
class Person:
    """Somebody of the staff, with what they know and have."""

    name: str
    password: str
    secret: str


@dataclass
class Site:
    """A running desk."""

    url: str
    desk: Desk
    store: Store
    clock: TestClock
    metrics: Metrics
    #: Bodies of the requests that would give something away, to look for elsewhere.
    secrets: list[str] = field(default_factory=list)

    def browser(self) -> Browser:
        return Browser(self.url)

    def code(self, person: Person, steps: int = 0) -> str:
        """The code on a person's phone, now or so many steps from now."""
        code: str = pyotp.TOTP(person.secret).at(self.clock.now, counter_offset=steps)
        self.secrets.append(code)
        return code

    async def person(self, name: str, role: Role) -> Person:
        """An account whose first log-in is done, by its pages. The clock then shows another code."""
        given = await self.desk.accounts.create(name, role, "(command line)")
        async with self.browser() as browser:
            await browser.log_in(name, given)
            person = Person(name, PASSWORD, (await browser.get("/desk/enrol")).secret)
            self.secrets += [given, person.secret, PASSWORD]
            done = await browser.submit("/desk/enrol", password=PASSWORD, again=PASSWORD, code=self.code(person))
            assert done.status == 303, done.fault
        self.clock.turn(seconds=30)
        return person

    async def log_in(self, browser: Browser, person: Person) -> None:
        """Log in with everything right. The clock then shows another code."""
        answer = await browser.log_in(person.name, person.password, self.code(person))
        assert answer.status == 303, answer.fault
        self.secrets.append(browser.cookie("desk_session"))
        self.clock.turn(seconds=30)

    async def audit(self) -> list[tuple[str, str, str, str]]:
        """(account, action, object, detail) of the log, oldest first."""
        entries = await self.desk.audit.page()
        return [(entry.account, entry.action, entry.object, entry.detail) for entry in reversed(entries)]


async def enter(
    store: Store, browser: Browser, name: str, role: Role, enrolling: bool = False, now: dt.datetime = START
) -> None:
    """Put somebody at the desk without logging in, for tests about other things."""

    def insert(connection: Connection) -> str:
        known = tables.accounts.select().where(tables.accounts.c.name == name)
        if not connection.execute(known).first():
            connection.execute(
                tables.accounts.insert().values(
                    name=name, role=role, password_hash="", enabled=True, totp_secret=new_secret(),
                    created_at=now,
                    one_time_until=now + dt.timedelta(hours=1) if enrolling else None,
                )
            )  # fmt: skip
        return sessions.start(connection, name, enrolling, now)

    token = await store.transaction(insert)
    browser.take_cookie("desk_session", token)
    browser.csrf = sessions.csrf_token(token)
