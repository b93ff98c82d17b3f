"""Channel accounts whose secrets never come out, agents, and dead letters."""

from typing import Any

import orjson
import pytest

from agent_console.secret_settings import secret_names, with_secrets_kept, without_secrets
from hub.batch import dead_letter
from hub.bus.base import Record
from hub.events import PresenceChanged, PresenceStatus, encode, wrap
from hub.ids import AgentId, new_id
from storage import accounts as account_store
from tests.console.conftest import PASSWORD, Browser, Shop, until

FACEBOOK = {
    "app_id": "123456789012345",
    "app_secret": "the-app-secret-0123456789abcdef",
    "verify_token": "the-verify-token",
    "page_id": "1234567890",
    "page_access_token": "the-page-access-token",
}


@pytest.fixture
async def root(shop: Shop) -> Browser:
    await shop.add_agent("root", role="admin", queues=())
    return await shop.sign_in("root")


async def example(root: Browser, channel: str) -> dict[str, Any]:
    """Settings that fit the schema which the API shows, as far as it says what is required."""
    channels = (await root.get("/channels")).body["items"]
    [schema] = [one["settings_schema"] for one in channels if one["channel"] == channel]
    return {name: FACEBOOK.get(name, "1234567890") for name in schema["required"]}


async def test_channels_say_what_they_can_and_what_they_ask_for(root: Browser) -> None:
    said = await root.get("/channels")
    shown = {one["channel"]: one for one in said.body["items"]}
    assert {"facebook", "zalo", "hotline"} <= set(shown)
    assert shown["facebook"]["text_chars_max"] > 0
    assert secret_names(shown["facebook"]["settings_schema"])


async def test_an_account_is_added_and_its_secrets_stay_inside(shop: Shop, root: Browser) -> None:
    settings = await example(root, "facebook")
    body = {"id": "fanpage-2", "channel": "facebook", "display_name": "Fanpage 2", "settings": settings}
    said = await root.post("/channel-accounts", body)
    assert said.status == 201, said
    assert said.body["webhook_url"] == "http://hub.test/webhooks/facebook/fanpage-2"
    assert said.body["secrets"]
    hidden = [settings[name] for name in said.body["secrets"]]
    for answer in (said.body, (await root.get("/channel-accounts")).body):
        assert not any(secret in str(answer) for secret in hidden)
    async with shop.units.database.reading() as connection:
        stored, _ = await account_store.settings_of(connection, shop.parts.box, "fanpage-2")
    assert settings.items() <= stored.items()
    assert (await root.post("/channel-accounts", body)).code == "account_exists"


async def test_a_secret_that_is_left_out_stays_as_it_is(shop: Shop, root: Browser) -> None:
    settings = await example(root, "facebook")
    body = {
        "id": "fanpage-2",
        "channel": "facebook",
        "display_name": "Fanpage 2",
        "settings": settings,
        "active": False,
    }
    added = (await root.post("/channel-accounts", body)).body
    assert added["active"] is False
    said = await root.send("PATCH", "/channel-accounts/fanpage-2", json={"settings": added["settings"], "active": True})
    assert said.status == 200, said
    assert said.body["active"] is True
    assert said.body["secrets"] == added["secrets"]
    name = added["secrets"][0]
    changed = await root.send(
        "PATCH", "/channel-accounts/fanpage-2", json={"settings": added["settings"] | {name: "a-new-secret-0123456789"}}
    )
    assert changed.status == 200
    async with shop.units.database.reading() as connection:
        stored, _ = await account_store.settings_of(connection, shop.parts.box, "fanpage-2")
    assert stored[name] == "a-new-secret-0123456789"
    assert {key: stored[key] for key in added["secrets"][1:]} == {key: settings[key] for key in added["secrets"][1:]}


async def test_settings_that_do_not_fit_say_where(root: Browser) -> None:
    body = {"id": "fanpage-2", "channel": "facebook", "display_name": "Fanpage 2", "settings": {"colour": "purple"}}
    said = await root.post("/channel-accounts", body)
    assert (said.status, said.code) == (400, "settings_invalid")
    places = {fault["where"] for fault in said.body["faults"]}
    assert {"body.settings.colour", "body.settings.app_secret"} <= places
    assert "purple" not in str(said.body)
    for changed in ({"id": "Fan Page"}, {"id": "../x"}, {"channel": "telex"}, {"display_name": ""}):
        assert (await root.post("/channel-accounts", body | changed)).status == 400
    assert (await root.send("PATCH", "/channel-accounts/nobody", json={"active": True})).status == 404


async def test_settings_sealed_with_a_lost_key_are_told_and_can_be_given_anew(shop: Shop, root: Browser) -> None:
    accounts = (await root.get("/channel-accounts")).body["items"]  # the house's account has none that open
    [account] = [one for one in accounts if one["id"] == "fb-main"]
    assert "secret key" in account["alarm"]
    assert account["settings"] == {}
    settings = await example(root, "facebook")
    said = await root.send("PATCH", "/channel-accounts/fb-main", json={"settings": settings})
    assert said.status == 200, said
    assert said.body["alarm"] is None


async def test_an_agent_is_added_changed_and_disabled(shop: Shop, root: Browser) -> None:
    queue_id = str(shop.house.queue_id)
    body = {"login": "mai", "display_name": "Mai", "password": PASSWORD, "queue_ids": [queue_id]}
    said = await root.post("/agents", body)
    assert said.status == 201
    assert "password" not in str(said.body)
    assert said.body["queue_ids"] == [queue_id]
    assert (await root.post("/agents", body)).code == "login_taken"
    mai = await shop.sign_in("mai")
    assert (await mai.get("/me")).status == 200
    changed = await root.send("PATCH", f"/agents/{said.body['id']}", json={"capacity": 2, "role": "supervisor"})
    assert (changed.body["capacity"], changed.body["role"]) == (2, "supervisor")
    assert (await mai.get("/me")).body["agent"]["role"] == "supervisor"
    disabled = await root.send("PATCH", f"/agents/{said.body['id']}", json={"disabled": True})
    assert disabled.body["disabled_at"] is not None
    assert (await mai.get("/me")).status == 401
    enabled = await root.send("PATCH", f"/agents/{said.body['id']}", json={"disabled": False})
    assert enabled.body["disabled_at"] is None
    assert (await shop.sign_in("mai")).csrf


async def test_a_new_password_ends_every_other_sign_in(shop: Shop, root: Browser) -> None:
    mai = await shop.add_agent("mai")
    browser = await shop.sign_in("mai")
    assert (await root.send("PATCH", f"/agents/{mai}", json={"password": "another good one"})).status == 200
    assert (await browser.get("/me")).status == 401
    assert (await browser.sign_in("mai", PASSWORD)).status == 401
    assert (await browser.sign_in("mai", "another good one")).status == 200
    elsewhere = await shop.sign_in("root")
    assert (await root.send("PATCH", f"/agents/{root.agent_id}", json={"password": PASSWORD + "!"})).status == 200
    assert (await root.get("/me")).status == 200
    assert (await elsewhere.get("/me")).status == 401


async def test_somebody_must_remain_who_can_administer(shop: Shop, root: Browser) -> None:
    for body in ({"disabled": True}, {"role": "agent"}):
        said = await root.send("PATCH", f"/agents/{root.agent_id}", json=body)
        assert (said.status, said.code) == (409, "last_admin")
    other = await shop.add_agent("other", role="admin")
    assert (await root.send("PATCH", f"/agents/{other}", json={"role": "agent"})).status == 200


async def test_an_agent_that_does_not_fit_is_refused(shop: Shop, root: Browser) -> None:
    body = {"login": "mai", "display_name": "Mai", "password": PASSWORD}
    for changed in (
        {"login": "M A I"},
        {"login": ""},
        {"password": "short"},
        {"role": "owner"},
        {"capacity": -1},
        {"queue_ids": [str(new_id())]},
        {"display_name": "   "},
        {"is_root": True},
    ):
        assert (await root.post("/agents", body | changed)).status == 400, changed
    assert [one["login"] for one in (await root.get("/agents")).body["items"]] == ["root"]


async def test_dead_letters_are_listed_newest_first_and_replayed(shop: Shop, root: Browser) -> None:
    good = encode(
        wrap(
            PresenceChanged(agent_id=AgentId(new_id()), status=PresenceStatus.AWAY, since=shop.clock.now()), shop.clock
        )
    )
    bad = orjson.dumps({"nonsense": True})
    for number, body in enumerate((good, bad, good)):
        shop.clock.advance(1)
        record = Record("routing", 0, number, "main", "hub.presence_changed.v1", body, shop.clock.now())
        await shop.parts.bus.publish([wrap(dead_letter(record, "router", f"reason {number}"), shop.clock)])
    first = (await root.get("/dead-letters", limit=2)).body
    assert [one["reason"] for one in first["items"]] == ["reason 2", "reason 1"]
    rest = (await root.get("/dead-letters", limit=2, after=first["next"])).body
    assert [one["reason"] for one in rest["items"]] == ["reason 0"]
    assert rest["next"] is None
    assert "nonsense" in first["items"][1]["body"]
    before = shop.console.live.feed.presences.next_number
    ids = [one["id"] for one in first["items"] + rest["items"]]
    said = (await root.post("/dead-letters/replay", {"ids": [*ids, "0-999999"]})).body
    assert said == {"replayed": 2, "missing": ["0-999999"], "unreadable": [first["items"][1]["id"]]}
    await until(lambda: shop.console.live.feed.presences.next_number == before + 2)
    assert (await root.get("/dead-letters", after="no-such")).code == "cursor_invalid"


def test_secrets_are_found_wherever_a_schema_hides_them() -> None:
    secret = {"type": "string", "format": "password", "writeOnly": True}
    schema = {
        "properties": {
            "plain": {"type": "string"},
            "token": secret,
            "maybe": {"anyOf": [secret, {"type": "null"}]},
            "nested": {"$ref": "#/$defs/Login"},
            "several": {"type": "array", "items": {"$ref": "#/$defs/Login"}},
            "harmless": {"$ref": "#/$defs/Colours"},
        },
        "$defs": {
            "Login": {"properties": {"name": {"type": "string"}, "password": secret}},
            "Colours": {"properties": {"accent": {"type": "string"}}},
        },
    }
    assert secret_names(schema) == {"token", "maybe", "nested", "several"}
    stored = {"plain": "a", "token": "t", "nested": {"password": "p"}, "maybe": None}
    assert without_secrets(stored, schema) == ({"plain": "a"}, ("nested", "token"))
    assert with_secrets_kept({"plain": "b", "token": "new"}, stored, schema) == {
        "plain": "b",
        "token": "new",
        "nested": {"password": "p"},
        "maybe": None,
    }


def test_a_schema_that_refers_to_itself_hides_nothing_for_ever() -> None:
    schema = {
        "properties": {"tree": {"$ref": "#/$defs/T"}},
        "$defs": {"T": {"properties": {"next": {"$ref": "#/$defs/T"}}}},
    }
    assert secret_names(schema) == {"tree"}  # deeper than we look: better hidden than shown
