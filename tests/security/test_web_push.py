"""Devices are woken by a message that only they can read, at push services that this site may call, nowhere else."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.gateway import web_push
from services.gateway.pushing import NotAPushService, Pusher
from services.gateway.texts import texts
from services.gateway.web_push import Recipient, base64url, unpadded
from services.log import COMMANDS
from services.settings import of_data
from services.seven_steps.canonical import canonical
from tests.contract.test_commands_over_http import new_job
from tests.support.stack import Client, Stack, service_record, text

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Browser:
    """A browser that subscribed: its keys, and the reading of what it is sent (RFC 8291, the other side)."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = bytes(range(16))

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.endpoint, base64url(web_push.point(self.key.public_key())), base64url(self.auth))

    def read(self, body: bytes) -> bytes:
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= size == 4096
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        info = b"WebPush: info\x00" + web_push.point(self.key.public_key()) + theirs
        secret = HKDF(hashes.SHA256(), 32, self.auth, info).derive(self.key.exchange(ec.ECDH(), sender))
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain.endswith(b"\x02")
        return plain[:-1]


@dataclass
class PushService:
    """Plays the browsers' push service on this machine."""

    url: str = ""
    status: int = 201
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append((request.path, dict(request.headers), await request.read()))
        return web.Response(status=self.status)

    async def sent_to(self, path: str, count: int) -> list[tuple[dict[str, str], bytes]]:
        async with asyncio.timeout(10):
            while len(found := [(head, body) for at, head, body in self.taken if at == path]) < count:
                await asyncio.sleep(0.02)
        return found


@pytest_asyncio.fixture(loop_scope="session")
async def service(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PushService]:
    made = PushService()
    app = web.Application()
    app.router.add_post("/{who}", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    pusher = stack.gateway.pusher
    monkeypatch.setattr(pusher, "_settings", pusher._settings.with_(push_hosts="127.0.0.1"))
    yield made
    await runner.cleanup()


async def subscribed(stack: Stack, user: str, browser: Browser) -> Client:
    client = await stack.signed_in(user, anew=True)
    to = browser.recipient
    body = {"endpoint": to.endpoint, "p256dh": to.p256dh, "auth": to.auth}
    assert (await client.post("/api/push-subscription", body)).status == 200
    return client


# ---- what is sent --------------------------------------------------------------------------------------------------


async def test_the_example_of_rfc_8291_appendix_a() -> None:
    ours = _private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    to = Recipient(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = web_push.encrypt_with(
        b"When I grow up, I want to be a watermelon", to, ours, unpadded("DGv6ra1nlYgDCS1FRnbzlw")
    )
    assert base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def _private(text_: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unpadded(text_), "big"), ec.SECP256R1())


@pytest.mark.parametrize("size, fits", [(web_push.MESSAGE_BYTES_MAX, True), (web_push.MESSAGE_BYTES_MAX + 1, False)])
async def test_a_message_fits_one_record(size: int, fits: bool) -> None:
    browser = Browser("https://push.example.net/1")
    if fits:
        assert browser.read(web_push.encrypt(b"x" * size, browser.recipient)) == b"x" * size
    else:
        with pytest.raises(ValueError, match="at most"):
            web_push.encrypt(b"x" * size, browser.recipient)


async def test_two_messages_to_one_browser_share_nothing() -> None:
    browser = Browser("https://push.example.net/1")
    one, other = (web_push.encrypt(b"stop", browser.recipient) for _ in range(2))
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]


async def test_the_sender_names_the_push_service_and_a_time_below_24_h(tmp_path: Path) -> None:
    key = web_push.load_key(tmp_path)
    assert web_push.public_text(web_push.load_key(tmp_path)) == web_push.public_text(key)  # kept
    assert (tmp_path / web_push.KEY_FILE).stat().st_mode & 0o077 == 0
    said = web_push.authorization(key, "https://push.example.net:8443/a/b", "mailto:a@b.example", 1_000.0)
    token, _, public = said.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(unpadded(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(unpadded(claims)) == {
        "aud": "https://push.example.net:8443",
        "exp": 1_000 + 12 * 3600,
        "sub": "mailto:a@b.example",
    }
    raw = unpadded(signature)
    r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(public))
    theirs.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


# ---- where it may be sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hosts, endpoint, may",
    [
        ("fcm.googleapis.com", "https://fcm.googleapis.com/fcm/send/a", True),
        ("*.push.apple.com", "https://web.push.apple.com/a", True),
        ("*.push.apple.com", "https://web.push.apple.com.evil.example/a", False),
        ("fcm.googleapis.com", "http://fcm.googleapis.com/fcm/send/a", False),
        ("fcm.googleapis.com", "https://fcm.googleapis.com@10.0.0.1/a", False),
        ("fcm.googleapis.com", "https://u:p@fcm.googleapis.com/a", False),
        ("fcm.googleapis.com", "https://169.254.169.254/latest", False),
        ("fcm.googleapis.com", "file:///etc/passwd", False),
        ("127.0.0.1", "http://127.0.0.1:9/a", True),
        ("none", "https://fcm.googleapis.com/fcm/send/a", False),
        ("", "https://fcm.googleapis.com/fcm/send/a", False),
    ],
)
async def test_only_push_services_that_the_settings_name_are_called(
    tmp_path: Path, hosts: str, endpoint: str, may: bool
) -> None:
    pusher = Pusher(of_data(tmp_path).with_(push_hosts=hosts), None, None, None)  # type: ignore[arg-type]
    if may:
        pusher.check(Browser(endpoint).recipient)
    else:
        with pytest.raises(NotAPushService):
            pusher.check(Browser(endpoint).recipient)
    assert bool(pusher.public_key) == (hosts not in ("", "none"))


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "https://10.0.0.1/x"},
        {"endpoint": "http://127.0.0.1:1/" + "x" * 1024},
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
        {"p256dh": "not base64!"},
    ],
    ids=["address", "length", "key", "secret", "letters"],
)
async def test_a_subscription_that_cannot_be_used_is_malformed(
    stack: Stack, service: PushService, change: dict[str, str]
) -> None:
    client, to = await stack.signed_in("worker"), Browser(service.url + "/x").recipient
    body = {"endpoint": to.endpoint, "p256dh": to.p256dh, "auth": to.auth, **change}
    answer = await client.post("/api/push-subscription", body)
    assert (answer.status, answer.body["error"]) == (422, "malformed")


# ---- who is woken --------------------------------------------------------------------------------------------------


async def test_a_stop_wakes_everybody_subscribed_but_whoever_called_it(stack: Stack, service: PushService) -> None:
    browsers = {user: Browser(f"{service.url}/{user}") for user in ("worker", "hse", "nobody")}
    clients = {user: await subscribed(stack, user, one) for user, one in browsers.items()}
    lead = await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    assert (await clients["worker"].send("stop_work", {"reason": text("smoke")}, job_id=job_id)).status == 200
    for user in ("hse", "nobody"):
        ((head, body),) = await service.sent_to(f"/{user}", 1)
        said = json.loads(browsers[user].read(body))
        assert said["title"] == "Work stopped"
        assert said["loud"] is True
        assert said["url"] == f"/sites/demo/jobs/{job_id}"
        assert "smoke" not in body.decode("latin-1")
        assert (head["Content-Encoding"], head["Urgency"], head["TTL"]) == ("aes128gcm", "high", "3600")
        assert head["Authorization"].startswith("vapid t=")
    assert [at for at, _, _ in service.taken if at == "/worker"] == []


@pytest.mark.parametrize("code, owner", [("08", "work_lead"), ("96", "admin")], ids=["a person", "a role"])
async def test_an_alarm_wakes_its_owner_alone(stack: Stack, service: PushService, code: str, owner: str) -> None:
    browsers = {user: Browser(f"{service.url}/{user}") for user in ("work_lead", "admin", "guardian")}
    clients = {user: await subscribed(stack, user, one) for user, one in browsers.items()}
    job_id = await new_job(clients["work_lead"])
    await raise_alarm(stack, job_id, "95")  # says no more than the stop it comes with
    await raise_alarm(stack, job_id, code)
    ((_, body),) = await service.sent_to(f"/{owner}", 1)
    assert json.loads(browsers[owner].read(body))["title"] == texts("en").t(f"alarm.{code}")
    assert {at for at, _, _ in service.taken} == {f"/{owner}"}


async def raise_alarm(stack: Stack, job_id: str, code: str) -> None:
    record = json.loads(service_record("demo", "raise_alarm", {"code": code, "what": "said by a detector"}))
    record["client"]["job_id"] = job_id
    await stack.gateway.log.append(COMMANDS, "demo", canonical(record))


async def test_a_browser_is_not_woken_after_its_person_has_signed_out(stack: Stack, service: PushService) -> None:
    left, stayed = Browser(f"{service.url}/left"), Browser(f"{service.url}/stayed")
    client = await subscribed(stack, "gas_tester", left)
    await subscribed(stack, "nobody", stayed)
    assert (await client.post("/api/sign-out", {})).status == 200
    lead = await stack.signed_in("work_lead")
    await lead.send("stop_work", {}, job_id=await new_job(lead))
    await service.sent_to("/stayed", 1)
    assert "/left" not in {at for at, _, _ in service.taken}


async def test_a_subscription_that_is_gone_is_forgotten(stack: Stack, service: PushService) -> None:
    browser = Browser(f"{service.url}/gone")
    client = await subscribed(stack, "nobody", browser)
    service.status = 410
    lead = await stack.signed_in("work_lead")
    await lead.send("stop_work", {}, job_id=await new_job(lead))
    await service.sent_to("/gone", 1)
    key = stack.gateway.accounts.session_of(client.token)
    assert key is not None
    async with asyncio.timeout(10):
        while key.token_sha256 in {one.key for one in stack.gateway.accounts.reach.subscribers("demo")}:
            await asyncio.sleep(0.02)


async def test_one_browser_belongs_to_whoever_signed_in_last(stack: Stack, service: PushService) -> None:
    browser = Browser(f"{service.url}/shared")
    await subscribed(stack, "worker", browser)
    await subscribed(stack, "guardian", browser)
    found = [one for one in stack.gateway.accounts.reach.subscribers("demo") if one.recipient == browser.recipient]
    assert [one.person_id for one in found] == ["p-guardian"]


# ---- who was shown it ----------------------------------------------------------------------------------------------


async def fragment(client: Client) -> str:
    answer = await client.get("/sites/demo/alerts", headers={"Accept": "text/html"})
    assert answer.status == 200
    return bytes(answer.body).decode()


async def test_a_stop_is_missing_with_whoever_is_signed_in_until_their_page_has_shown_it(stack: Stack) -> None:
    worker, hse, lead = [await stack.signed_in(user, anew=True) for user in ("worker", "hse", "work_lead")]
    job_id = await new_job(lead)
    answer = await worker.send("stop_work", {"reason": text("leak at the flange")}, job_id=job_id)
    alert = f"stop-{answer.body['site_seq']}"
    before = await fragment(worker)
    assert f'data-alert="{alert}"' in before
    part = before.partition(f'data-alert="{alert}"')[2].partition('class="note')[0]
    assert "leak at the flange" in part
    assert "Hse" in part.partition("Signed in, not shown yet")[2].partition("</p>")[0]
    told = await hse.post("/api/sites/demo/alerts-shown", {"alerts": [alert, "stop-999999"]})
    assert told.body == {"noted": [alert]}
    part = (await fragment(worker)).partition(f'data-alert="{alert}"')[2].partition('class="note')[0]
    assert "Hse" not in part.partition("Signed in, not shown yet")[2].partition("</p>")[0]
    assert "shown to 1" in part


async def test_what_is_shown_is_told_to_the_pages_that_are_open(stack: Stack) -> None:
    worker, lead = await stack.signed_in("worker"), await stack.signed_in("work_lead")
    answer = await worker.send("stop_work", {}, job_id=await new_job(lead))
    headers = {"Authorization": f"Bearer {worker.token}"}
    async with stack.http.get(f"{stack.url}/api/sites/demo/events", headers=headers) as stream:
        seen = await stream.content.readany()
        await lead.post("/api/sites/demo/alerts-shown", {"alerts": [f"stop-{answer.body['site_seq']}"]})
        async with asyncio.timeout(10):
            while b"event: shown" not in seen:
                seen += await stream.content.readany()
    assert b'{"by":"p-work_lead"}' in seen


@pytest.mark.parametrize("count, status", [(50, 200), (51, 422)])
async def test_alerts_said_to_be_shown_are_limited(stack: Stack, count: int, status: int) -> None:
    worker = await stack.signed_in("worker")
    answer = await worker.post("/api/sites/demo/alerts-shown", {"alerts": [f"stop-{n}" for n in range(count)]})
    assert answer.status == status


async def test_what_was_shown_is_forgotten_after_seven_days(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = stack.gateway.accounts.reach, time.time()
    store.note_shown("old", "p-hse", ["stop-1"])
    for days, kept in ((7, True), (7.01, False)):
        monkeypatch.setattr(store, "_now", lambda days=days: now + days * 86_400)
        store.note_shown("old", "p-worker", [f"stop-{days}"])
        assert ("stop-1" in store.shown("old")) == kept
