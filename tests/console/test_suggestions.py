"""The queue of suggestions: who is told of what, in which order, and how two customers look side by side."""

from hub.events import EvidenceKind, Explanation, Strength
from hub.ids import QueueId, SuggestionId, new_id
from identity import explanations
from identity.ranking import rank
from storage import suggestions as suggestion_store
from storage.suggestions import Suggestion
from tests.console.conftest import Case, Shop

HOA, TUAN = "+84912345678", "+84987654321"


async def suggest(
    shop: Shop, one: Case, other: Case, *, code: str = "anonymous_claim", told: Case | None = None
) -> str:
    a, b = suggestion_store.pair(one.identity_id, other.identity_id)
    why = explanations.suggest(code, EvidenceKind.PHONE, HOA)
    async with shop.units.begin() as work:
        new = Suggestion(
            id=SuggestionId(new_id()),
            identity_a=a,
            identity_b=b,
            why=why,
            status="open",
            created_at=shop.clock.now(),
            only_for=told.identity_id if told else None,
            rank=rank(why, [], []),
        )
        await suggestion_store.put_new(work, [new])
        await work.commit()
    return str(new.id)


async def test_the_likeliest_come_first_page_by_page(shop: Shop) -> None:
    await shop.add_agent("an")
    an = await shop.sign_in("an")
    codes = ["different_numbers", "anonymous_claim", "shared", "claims_off", "several_owners"]
    for number, code in enumerate(codes):
        await suggest(shop, await shop.waiting(f"a{number}"), await shop.waiting(f"b{number}"), code=code)
    assert (await an.get("/suggestion-count")).body == {"open": 5, "more": False}
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await an.get("/suggestions", limit=2, **after)).body
        seen += [item["why"]["code"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    ordered = ["claims_off", "anonymous_claim", "several_owners", "shared", "different_numbers"]
    assert seen == [f"suggest.{code}" for code in ordered]
    assert (await an.get("/suggestions", after="nonsense")).code == "cursor_invalid"


async def test_a_rejected_one_and_one_between_one_customer_are_not_there(shop: Shop) -> None:
    await shop.add_agent("an")
    an = await shop.sign_in("an")
    cases = [await shop.waiting(f"u{number}") for number in range(4)]
    rejected = await suggest(shop, cases[0], cases[1])
    accepted = await suggest(shop, cases[2], cases[3])
    assert (await an.post(f"/suggestions/{rejected}/reject")).status == 204
    assert (await an.post(f"/suggestions/{accepted}/accept")).status == 200
    assert (await an.get("/suggestions")).body["items"] == []
    gone = await an.get(f"/suggestions/{rejected}")
    assert (gone.status, gone.code) == (409, "suggestion_settled")


async def test_nobody_is_told_through_a_side_that_they_do_not_see(shop: Shop) -> None:
    """The claimant waits elsewhere; the customer whose number was typed is ours, and learns nothing of the claim."""
    elsewhere = await shop.add_queue("Bảo hành")
    await shop.add_agent("an")
    await shop.add_agent("binh", queues=(QueueId(elsewhere),))
    await shop.add_agent("sep", role="supervisor", queues=())
    owner, claimant = await shop.waiting("owner"), await shop.waiting("claimant", queue_id=elsewhere)
    await owner.phone(HOA)
    await owner.phone(TUAN)
    await claimant.phone(HOA, strength=Strength.CLAIMED)
    suggestion = await suggest(shop, owner, claimant, told=claimant)
    an, binh, sep = [await shop.sign_in(login) for login in ("an", "binh", "sep")]
    assert (await an.get("/suggestions")).body["items"] == []
    assert (await an.get("/suggestion-count")).body["open"] == 0
    assert (await an.get(f"/suggestions/{suggestion}")).status == 404
    assert len((await sep.get("/suggestions")).body["items"]) == 1
    (row,) = (await binh.get("/suggestions")).body["items"]
    sides = {side["seen"]: side for side in (row["a"], row["b"])}
    assert sides[False]["customer_id"] == str(owner.customer_id)
    assert sides[False]["phone"].startswith("***")


async def test_two_customers_stand_side_by_side_and_what_decides_comes_first(shop: Shop) -> None:
    elsewhere = await shop.add_queue("Bảo hành")
    await shop.add_agent("binh", queues=(QueueId(elsewhere),))
    await shop.add_agent("sep", role="supervisor", queues=())
    owner, claimant = await shop.waiting("owner"), await shop.waiting("claimant", queue_id=elsewhere)
    await owner.phone(HOA)
    await owner.phone(TUAN)
    await claimant.phone(HOA, strength=Strength.CLAIMED)
    suggestion = await suggest(shop, owner, claimant, told=claimant)
    seen = (await (await shop.sign_in("sep")).get(f"/suggestions/{suggestion}")).body
    assert [(c["value"], c["decides"], c["agrees"]) for c in seen["compared"]] == [
        (HOA, True, True),
        (TUAN, False, False),
    ]
    strengths = {seen["compared"][0][side]["strength"] for side in "ab"}
    assert strengths == {"attested", "claimed"}
    partly = (await (await shop.sign_in("binh")).get(f"/suggestions/{suggestion}")).body
    assert [c["value"] for c in partly["compared"]] == [HOA, "*********321"]


async def test_alike_names_rank_higher_and_are_ranked_anew_when_somebody_is_renamed(shop: Shop) -> None:
    await shop.add_agent("an")
    an = await shop.sign_in("an")
    pairs = [(await shop.waiting(f"a{number}"), await shop.waiting(f"b{number}")) for number in range(2)]
    ids = [await suggest(shop, one, other) for one, other in pairs]
    for (one, other), name in zip(pairs, ("Trần Văn Tuấn", "Nguyễn Thị Hoà"), strict=True):
        await an.send("PATCH", f"/customers/{one.customer_id}", json={"name": "Hoà Nguyễn Thị"})
        await an.send("PATCH", f"/customers/{other.customer_id}", json={"name": name})
    items = (await an.get("/suggestions")).body["items"]
    assert [item["id"] for item in items] == [ids[1], ids[0]]
    assert items[0]["similarity"] == 100
    assert items[1]["similarity"] < 50


def test_names_that_say_nothing_are_neither_alike_nor_different() -> None:
    why = Explanation(code="suggest.anonymous_claim")
    unknown = rank(why, ["Khách"], ["Hoà"])
    assert rank(why, ["Tuấn"], ["Hoà"]) < unknown < rank(why, ["Hoà Nguyễn"], ["nguyen hoa"])
