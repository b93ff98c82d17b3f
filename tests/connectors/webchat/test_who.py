"""Who a visitor is: a claim shows nothing, a signature attests, and nobody reads another one's conversation."""

import asyncio
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from bench.simulators.webchat import Refused
from hub.events import EvidenceKind, EvidenceSource, Strength
from storage import consents, evidence
from tests.connectors.webchat.house import KEY, USER_SECRET, House

PHONE = "0912 345 678"


def user_token(secret: str = USER_SECRET, alg: str = "HS256", **claims: Any) -> str:
    given = {"sub": "kh-1001", "name": "Trần Minh", "phone": PHONE, "aud": KEY, "exp": int(time.time()) + 300, **claims}
    key = OctKey.import_key(secret.encode())
    return jwt.encode({"alg": alg}, {k: v for k, v in given.items() if v is not None}, key, algorithms=[alg])


async def proofs_of(house: House) -> dict[str, set[tuple[EvidenceKind, str, EvidenceSource, Strength]]]:
    """visitor id -> what they gave."""
    identities = await house.identities()
    async with house.units.database.reading() as connection:
        found = await evidence.of_identities(connection, [identity.id for identity in identities])
    return {i.external_id: {(p.kind, p.value, p.source, p.strength) for p in found.get(i.id, ())} for i in identities}


CLAIMED_PHONE = (EvidenceKind.PHONE, "+84912345678", EvidenceSource.PRECHAT_FORM, Strength.CLAIMED)
SIGNED = {
    (EvidenceKind.SIGNED_USER, "kh-1001", EvidenceSource.SIGNED_VISITOR, Strength.ATTESTED),
    (EvidenceKind.PHONE, "+84912345678", EvidenceSource.SIGNED_VISITOR, Strength.ATTESTED),
}


async def test_the_form_gives_a_name_a_claimed_number_and_provable_consent(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.introduce("Nguyễn Thị Hoà", PHONE)
    await visitor.say("Máy lạnh chưa ai tới sửa")
    await house.until_stored("Máy lạnh chưa ai tới sửa")
    (identity,) = await house.identities()
    assert identity.display_name == "Nguyễn Thị Hoà"
    assert identity.page_url == "https://shop.example/may-lanh?utm_source=zalo"
    assert await proofs_of(house) == {identity.external_id: {CLAIMED_PHONE}}
    async with house.units.database.reading() as connection:
        (consent,) = (await consents.of_identities(connection, [identity.id]))[identity.id]
    assert (consent.text_version, consent.page_url) == ("1", "https://shop.example/may-lanh?utm_source=zalo")
    await visitor.leave()


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": "Hoà", "phone": "0912"}, "phone_invalid"),
        ({"name": "Hoà", "phone": "1900 1234"}, "phone_invalid"),
        ({"name": "", "phone": ""}, "form_empty"),
        ({"name": "Hoà", "phone": PHONE, "consent_version": None}, "consent_missing"),
        ({"name": "Hoà", "phone": PHONE, "consent_version": "an older text"}, "consent_missing"),
    ],
)
async def test_a_form_without_consent_or_with_a_wrong_number_keeps_nothing(
    house: House, form: dict[str, Any], code: str
) -> None:
    visitor = house.visitor()
    await visitor.boot()
    with pytest.raises(Refused) as refused:
        await visitor.introduce(**form)
    assert refused.value.code == code
    assert await house.identities() == []


async def test_a_required_form_wants_a_name_and_a_number(house: House) -> None:
    await house.change(prechat="required", prechat_phone="required")
    visitor = house.visitor()
    await visitor.boot()
    for name, phone, code in (("", PHONE, "name_missing"), ("Hoà", "", "phone_missing")):
        with pytest.raises(Refused) as refused:
            await visitor.introduce(name, phone)
        assert refused.value.code == code


async def test_typing_the_number_of_a_customer_shows_nothing_of_them(house: House) -> None:
    victim = house.visitor(user_jwt=user_token())
    await victim.arrive()
    await victim.say("Đơn hàng của tôi tới đâu rồi?")
    await house.until_stored("Đơn hàng của tôi tới đâu rồi?")
    stranger, control = house.visitor(), house.visitor()
    for visitor, phone in ((stranger, PHONE), (control, "0987 654 321")):
        await visitor.arrive()
        await visitor.introduce("Người lạ", phone)
        await visitor.say("Xin chào")
        await visitor.until(lambda v: len(v.messages) == 1)
    assert stranger.texts() == control.texts() == ["Xin chào"]
    answers = [await visitor.boot() for visitor in (stranger, control)]
    for answer in answers:
        for volatile in ("token", "access", "messages"):
            del answer[volatile]
        del answer["visitor"]["mark"]
    assert answers[0] == answers[1]
    customers = {identity.customer_id for identity in await house.identities()}
    assert len(customers) == 3
    for visitor in (victim, stranger, control):
        await visitor.leave()


async def test_what_the_shops_server_signed_is_attested(house: House) -> None:
    visitor = house.visitor(user_jwt=user_token())
    booted = await visitor.boot()
    assert booted["visitor"]["verified"]
    assert await house.identities() == [], "who only looks leaves no trace"
    await visitor.connect()
    await visitor.say("Xin chào")
    await house.until_stored("Xin chào")
    (identity,) = await house.identities()
    assert identity.display_name == "Trần Minh"
    assert await proofs_of(house) == {identity.external_id: SIGNED}
    await visitor.leave()


async def test_who_logs_in_during_a_chat_keeps_it_and_is_attested_at_once(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.say("Chưa đăng nhập")
    await visitor.until(lambda v: len(v.messages) == 1)
    await visitor.leave()
    visitor.user_jwt = user_token()
    assert (await visitor.boot())["messages"]

    async def is_attested() -> bool:
        return list((await proofs_of(house)).values()) == [SIGNED]

    await house.until(is_attested)


@pytest.mark.parametrize(
    "token",
    [
        user_token(secret="another-secret-0123456789-0123456789"),
        user_token(aud="wk_another_widget"),
        user_token(aud=None),
        user_token(exp=int(time.time()) - 120),
        user_token(exp=int(time.time()) + 3600),
        user_token(exp=None),
        user_token(exp=True),
        user_token(sub=None),
        user_token(sub=""),
        user_token(sub=17),
        user_token(alg="HS512"),
        "eyJhbGciOiJub25lIn0." + user_token().split(".")[1] + ".",
        "no token at all",
        user_token()[:-4] + "AAAA",
    ],
)
async def test_a_token_that_proves_nothing_makes_an_anonymous_visitor(house: House, token: str) -> None:
    visitor = house.visitor(user_jwt=token)
    booted = await visitor.boot()
    assert booted["visitor"]["verified"] is False
    await visitor.connect()
    await visitor.say("Xin chào")
    await house.until_stored("Xin chào")
    assert list((await proofs_of(house)).values()) == [set()]
    await visitor.leave()


async def test_a_logged_in_customers_conversation_needs_the_proof_again(house: House) -> None:
    customer = house.visitor(user_jwt=user_token())
    await customer.arrive()
    await customer.say("Riêng tư")
    await customer.until(lambda v: len(v.messages) == 1)
    await customer.leave()
    for jwt_of_others in (None, user_token(sub="kh-2002")):
        finder = house.visitor(token=customer.token, user_jwt=jwt_of_others)
        booted = await finder.boot()
        assert (booted["messages"], booted["visitor"]["resumed"]) == ([], False)
    with pytest.raises(Refused) as refused:
        await house.visitor(access=customer.token).connect()
    assert refused.value.code == "token_refused", "a resume token opens no line"
    customer.user_jwt = user_token()
    assert [m["text"] for m in (await customer.boot())["messages"]] == ["Riêng tư"]


async def test_nobody_reads_with_a_token_that_is_not_theirs(house: House) -> None:
    one, other = house.visitor(), house.visitor()
    for visitor, text in ((one, "của tôi"), (other, "của người khác")):
        await visitor.arrive()
        await visitor.say(text)
        await visitor.until(lambda v: len(v.messages) == 1)
    mine = await one.request("GET", "/w/v1/messages?after_seq=0", token=one.access)
    assert [message["text"] for message in mine["messages"]] == ["của tôi"]
    assert "của người khác" not in "".join(one._line().frames)
    for token in ("", "x", one.token, one.access[:-6] + "AAAAAA"):
        with pytest.raises(Refused) as refused:
            await one.request("GET", "/w/v1/messages?after_seq=0", token=token)
        assert refused.value.code == "token_refused"
    await one.leave()
    await other.leave()


async def test_raising_the_token_version_ends_every_visitor(house: House) -> None:
    visitor = house.visitor()
    await visitor.arrive()
    await visitor.say("một")
    await visitor.until(lambda v: len(v.messages) == 1)
    await house.change(token_version=2)
    with pytest.raises(Refused) as refused:
        await visitor.say("hai")
    assert refused.value.code == "token_refused"
    await asyncio.wait_for(visitor._line().ended.wait(), 5)
    assert (await visitor.boot())["visitor"]["resumed"] is False
    await visitor.leave()
