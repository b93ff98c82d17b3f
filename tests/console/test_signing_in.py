"""Signing in, staying signed in, and being slowed down."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from agent_console.auth import IDLE, MAX_AGE, csrf_of, digest
from hub.clock import ManualClock
from storage import tables
from storage.unit_of_work import Units
from tests.console.conftest import PASSWORD, Browser, Shop, opened_shop


async def test_an_agent_signs_in_and_is_known(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    said = await browser.get("/me")
    assert said.status == 200
    assert said.body["agent"]["login"] == "lan"
    assert said.body["presence"] == "available"
    assert said.body["csrf"] == browser.csrf
    assert said.headers["Cache-Control"] == "no-store"


async def test_a_login_is_found_in_any_case(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = Browser(shop)
    shop.browsers.append(browser)
    assert (await browser.sign_in("LAN")).status == 200


async def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(shop: Shop) -> None:
    await shop.add_agent("lan")
    await _disabled(shop, "minh")
    browser = await _browser(shop)
    answers = [
        await browser.sign_in("lan", "wrong password"),
        await browser.sign_in("nobody", PASSWORD),
        await browser.sign_in("minh", PASSWORD),
    ]
    assert {(said.status, str(said.body)) for said in answers} == {(401, str(answers[0].body))}
    assert answers[0].code == "sign_in_refused"
    assert browser.cookie == {}


async def test_the_database_knows_no_token(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    [token] = browser.cookie.values()
    async with shop.units.database.reading() as connection:
        [row] = (await connection.execute(sa.select(tables.sign_ins))).all()
    assert bytes(row.token_sha256) == digest(token)
    assert token.encode() not in bytes(row.token_sha256)
    assert browser.csrf == csrf_of(token)
    assert len(token) >= 43  # 256 bits


async def test_signing_out_ends_the_sign_in_at_once(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    kept = dict(browser.cookie)
    assert (await browser.post("/sign-out")).status == 204
    browser.cookie = kept
    assert (await browser.get("/me")).code == "not_signed_in"


async def test_every_sign_in_has_a_token_of_its_own(shop: Shop) -> None:
    await shop.add_agent("lan")
    first, second = await shop.sign_in("lan"), await shop.sign_in("lan")
    assert first.cookie != second.cookie
    await first.post("/sign-out")
    assert (await second.get("/me")).status == 200


async def test_an_idle_sign_in_ends(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    shop.clock.advance(IDLE.total_seconds() - 60)
    assert (await browser.get("/me")).status == 200
    shop.clock.advance(IDLE.total_seconds() - 60)
    assert (await browser.get("/me")).status == 200
    shop.clock.advance(IDLE.total_seconds() + 1)
    assert (await browser.get("/me")).status == 401


async def test_no_sign_in_outlives_the_shift(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    for _ in range(int(MAX_AGE / timedelta(minutes=20))):
        assert (await browser.get("/me")).status == 200
        shop.clock.advance(20 * 60)
    assert (await browser.get("/me")).status == 401


async def test_a_disabled_agent_is_out_at_once(shop: Shop) -> None:
    agent_id = await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    async with shop.units.begin() as work:
        await work.connection.execute(
            sa.update(tables.agents).where(tables.agents.c.id == agent_id).values(disabled_at=shop.clock.now())
        )
        await work.commit()
    assert (await browser.get("/me")).status == 401


async def test_guessing_is_slowed_down_for_a_login(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await _browser(shop)
    answers = [await browser.sign_in("lan", f"guess number {n}") for n in range(12)]
    assert [said.status for said in answers].count(401) == 10
    slowed = answers[-1]
    assert slowed.status == 429
    assert int(slowed.headers["Retry-After"]) > 0
    assert (await browser.sign_in("lan")).status == 429  # the right password, too: it might be the eleventh guess
    shop.clock.advance(15 * 60)
    assert (await browser.sign_in("lan")).status == 200


async def test_over_https_the_cookie_is_bound_to_the_host(units: Units, tmp_path: object, clock: ManualClock) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    async with opened_shop(units, tmp_path, public_url="https://hub.shop.vn") as shop:
        await shop.add_agent("lan")
        browser = await _browser(shop)
        browser.origin = "https://hub.shop.vn"
        said = await browser.sign_in("lan")
        [cookie] = said.set_cookies
        assert cookie.startswith("__Host-onethread=")
        for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert attribute in cookie
        assert "Domain" not in cookie
        assert said.headers["Strict-Transport-Security"].startswith("max-age=31536000")


async def test_plain_http_to_another_machine_gets_a_cookie_that_comes_back(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await _browser(shop)
    said = await browser.send(
        "POST", "/sign-in", json={"login": "lan", "password": PASSWORD}, headers={"Host": "hub.test"}
    )
    [cookie] = said.set_cookies
    assert cookie.startswith("onethread=")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie


async def test_another_page_cannot_sign_anybody_in(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await _browser(shop)
    browser.origin = "https://evil.example"
    assert (await browser.sign_in("lan")).code == "origin_foreign"


async def test_the_language_is_kept(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    assert (await browser.send("PATCH", "/me", json={"locale": "en"})).body["agent"]["locale"] == "en"
    assert (await browser.get("/me")).body["agent"]["locale"] == "en"


async def test_presence_is_told_to_the_router(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    assert (await browser.send("PUT", "/presence", json={"status": "away"})).body["presence"] == "away"
    async with shop.units.database.reading() as connection:
        query = sa.select(tables.log.c.type).where(tables.log.c.topic == "routing")
        assert "hub.presence_changed.v1" in list((await connection.execute(query)).scalars())


@pytest.mark.parametrize("cookie", ["", "x" * 200, "not-a-token", "ÿ", "a b"])
async def test_a_cookie_that_is_none_of_ours_signs_nobody_in(shop: Shop, cookie: str) -> None:
    browser = await _browser(shop)
    said = await browser.send("GET", "/me", headers={"Cookie": f"__Host-onethread={cookie}"})
    assert said.status == 401


async def test_an_old_password_hash_is_renewed_at_the_next_sign_in(shop: Shop) -> None:
    from argon2 import PasswordHasher

    agent_id = await shop.add_agent("lan")
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    async with shop.units.begin() as work:
        update = sa.update(tables.agents).where(tables.agents.c.id == agent_id).values(password_hash=old)
        await work.connection.execute(update)
        await work.commit()
    await shop.sign_in("lan")
    async with shop.units.database.reading() as connection:
        query = sa.select(tables.agents.c.password_hash).where(tables.agents.c.id == agent_id)
        stored = (await connection.execute(query)).scalar_one()
    assert stored != old
    assert (await (await _browser(shop)).sign_in("lan")).status == 200


async def _browser(shop: Shop) -> Browser:
    browser = Browser(shop)
    shop.browsers.append(browser)
    return browser


async def _disabled(shop: Shop, login: str) -> None:
    agent_id = await shop.add_agent(login)
    async with shop.units.begin() as work:
        update = sa.update(tables.agents).where(tables.agents.c.id == agent_id)
        await work.connection.execute(update.values(disabled_at=shop.clock.now()))
        await work.commit()
