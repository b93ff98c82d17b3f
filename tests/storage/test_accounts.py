import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict, NotFound
from hub.events import Channel
from storage import accounts, tables
from storage.secrets import SecretBox, SecretUnreadable
from storage.unit_of_work import Units

OLD, NEW = "the-old-key-0123456789-0123456789", "the-new-key-0123456789-0123456789"
SETTINGS = {"token": "bí mật", "page": 7}


def test_what_is_sealed_opens_only_where_it_was_put() -> None:
    box = SecretBox([NEW])
    sealed = box.seal("bí mật".encode(), "here")
    assert box.open(sealed, "here").decode() == "bí mật"
    assert "bí mật".encode() not in sealed
    assert box.seal(b"x", "here") != box.seal(b"x", "here")
    with pytest.raises(SecretUnreadable):
        box.open(sealed, "there")


def test_no_byte_of_a_sealed_value_can_be_changed() -> None:
    box = SecretBox([NEW])
    sealed = box.seal(b"secret", "here")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(SecretUnreadable):
            box.open(changed, "here")
    for cut in (b"", sealed[:4], sealed[:10], sealed[:-1]):
        with pytest.raises(SecretUnreadable):
            box.open(cut, "here")


def test_a_new_secret_key_opens_what_the_old_one_sealed_as_long_as_both_are_given() -> None:
    sealed = SecretBox([OLD]).seal(b"secret", "here")
    both = SecretBox([NEW, OLD])
    assert both.open(sealed, "here") == b"secret"
    assert not both.is_current(sealed)
    anew = both.seal(b"secret", "here")
    assert both.is_current(anew)
    assert SecretBox([NEW]).open(anew, "here") == b"secret"
    with pytest.raises(SecretUnreadable):
        SecretBox([NEW]).open(sealed, "here")


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "x" * 31]])
def test_short_secret_keys_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="32"):
        SecretBox(keys)


def test_keys_of_different_purposes_and_boxes_differ_and_never_show() -> None:
    box = SecretBox([NEW, OLD])
    assert len({*box.signing_keys("a"), *box.signing_keys("b")}) == 4
    assert NEW not in repr(box)


async def add(units: Units, account_id: str = "fb-main") -> None:
    async with units.begin() as work:
        await accounts.add(
            work,
            SecretBox([NEW]),
            account_id=account_id,
            channel=Channel.FACEBOOK,
            display_name="Trang chính",
            settings=SETTINGS,
        )
        await work.commit()


async def stored(units: Units, account_id: str = "fb-main") -> tuple[dict[str, object], int]:
    async with units.database.reading() as connection:
        return await accounts.settings_of(connection, SecretBox([NEW]), account_id)


async def test_settings_come_back_as_given_and_lie_sealed_in_the_database(units: Units) -> None:
    await add(units)
    assert await stored(units) == (SETTINGS, 1)
    async with units.database.reading() as connection:
        raw = (await connection.execute(sa.select(tables.channel_accounts.c.settings))).scalar_one()
    assert "bí mật".encode() not in bytes(raw)


async def test_settings_moved_to_another_account_do_not_open(units: Units) -> None:
    await add(units)
    await add(units, "fb-other")
    async with units.begin() as work:
        column = tables.channel_accounts.c.settings
        taken = sa.select(column).where(tables.channel_accounts.c.id == "fb-main").scalar_subquery()
        await work.connection.execute(sa.update(tables.channel_accounts).values(settings=taken))
        await work.commit()
    with pytest.raises(SecretUnreadable):
        await stored(units, "fb-other")


async def test_an_id_is_given_once_and_only_in_a_form_that_paths_can_carry(units: Units) -> None:
    await add(units)
    with pytest.raises(Conflict):
        await add(units)
    for wrong in ("", "-x", "A", "ä", "a/b", "a b", "x" * 64, "a\n"):
        with pytest.raises(BadInput):
            await add(units, wrong)
    async with units.database.reading() as connection:
        assert [account.id for account in await accounts.listed(connection)] == ["fb-main"]


async def test_changes_leave_alone_what_they_do_not_name(units: Units) -> None:
    await add(units)
    box = SecretBox([NEW])
    async with units.begin() as work:
        await accounts.set_alarm(work, "fb-main", "credentials_invalid: x")
        await accounts.change(work, box, "fb-main", display_name="Trang phụ")
        await accounts.change(work, box, "fb-main", active=False)
        await accounts.change(work, box, "fb-main")
        await work.commit()
    async with units.database.reading() as connection:
        account = await accounts.find(connection, "fb-main")
    assert account is not None
    assert (account.display_name, account.active, account.alarm, account.version) == (
        "Trang phụ",
        False,
        "credentials_invalid: x",
        1,
    )
    assert await stored(units) == (SETTINGS, 1)
    async with units.begin() as work:
        await accounts.change(work, box, "fb-main", settings={"token": "mới"})
        await work.commit()
    assert await stored(units) == ({"token": "mới"}, 2)
    async with units.database.reading() as connection:
        changed = await accounts.find(connection, "fb-main")
    assert changed is not None
    assert changed.alarm is None


async def test_only_our_own_alarm_is_ended(units: Units) -> None:
    await add(units)
    for alarm, left in (("credentials_invalid: x", None), ("policy: blocked", "policy: blocked")):
        async with units.begin() as work:
            await accounts.set_alarm(work, "fb-main", alarm)
            await accounts.end_alarm(work, "fb-main", "credentials_invalid")
            await work.commit()
        async with units.database.reading() as connection:
            account = await accounts.find(connection, "fb-main")
        assert account is not None
        assert account.alarm == left


async def test_unknown_accounts_are_not_found_whatever_is_asked_of_them(units: Units) -> None:
    async with units.begin() as work:
        for changes in ({}, {"active": False}):
            with pytest.raises(NotFound):
                await accounts.change(work, SecretBox([NEW]), "nobody", **changes)  # type: ignore[arg-type]  # by name
        with pytest.raises(NotFound):
            await accounts.set_alarm(work, "nobody", "x")
    with pytest.raises(NotFound):
        await stored(units, "nobody")
