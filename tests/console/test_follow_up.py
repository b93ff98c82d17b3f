"""Labels, reminders and call backs through the API."""

from datetime import timedelta
from typing import Any

from hub.ids import new_id
from tests.console.conftest import Browser, Case, Shop


async def labelled(browser: Browser, case: Case, **labels: Any) -> Any:
    return await browser.send("PATCH", f"/conversations/{case.conversation_id}/labels", json=labels)


async def added(shop: Shop, browser: Browser, case: Case, *, in_s: int = 60, **more: Any) -> Any:
    due_at = (shop.clock.now() + timedelta(seconds=in_s)).isoformat()
    body = {"task_id": str(new_id()), "due_at": due_at} | more
    return await browser.post(f"/conversations/{case.conversation_id}/tasks", body)


async def listed(browser: Browser, **query: Any) -> list[str]:
    return [item["task"]["id"] for item in (await browser.get("/tasks", **query)).body["items"]]


async def test_labels_are_set_and_what_is_left_out_stays(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser, case = await shop.sign_in("lan"), await shop.waiting("hoa")
    first = await labelled(browser, case, priority=2, add_tags=["VIP", "Bảo hành"], lifecycle="warranty")
    assert first.status == 200, first
    again = await labelled(browser, case, add_tags=["vip"], remove_tags=["bảo HÀNH"])
    assert {key: again.body[key] for key in ("priority", "tags", "lifecycle")} == {
        "priority": 2, "tags": ["VIP"], "lifecycle": "warranty",
    }  # fmt: skip
    assert (await labelled(browser, case, lifecycle=None)).body["lifecycle"] is None
    assert (await browser.get("/tags", q="vi")).body["items"] == ["VIP"]


async def test_saying_what_is_so_already_says_nothing_anew(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser, case = await shop.sign_in("lan"), await shop.waiting("hoa")
    first = await labelled(browser, case, priority=1)
    assert (await labelled(browser, case, priority=1)).body["seq"] == first.body["seq"]


async def test_a_word_that_nobody_set_up_is_refused(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser, case = await shop.sign_in("lan"), await shop.waiting("hoa")
    said = await labelled(browser, case, lifecycle="moon")
    assert (said.status, said.code) == (400, "lifecycle_unknown")
    said = await labelled(browser, case, add_tags=[f"thẻ {n}" for n in range(50)])
    assert said.status == 200, said
    said = await labelled(browser, case, add_tags=["thêm"])
    assert (said.status, said.code) == (400, "too_many_tags")


async def test_what_a_colleague_works_on_only_they_and_supervisors_mark(shop: Shop) -> None:
    minh = await shop.add_agent("minh")
    await shop.add_agent("lan")
    await shop.add_agent("boss", role="supervisor", queues=())
    lan, boss, case = await shop.sign_in("lan"), await shop.sign_in("boss"), await shop.waiting("hoa")
    await case.assign_to(minh)
    assert (await labelled(lan, case, priority=1)).code == "not_owner"
    assert (await labelled(boss, case, priority=1)).status == 200


async def test_a_reminder_is_mine_until_it_is_done(shop: Shop) -> None:
    lan = await shop.add_agent("lan")
    browser, case = await shop.sign_in("lan"), await shop.waiting("hoa")
    made = await added(shop, browser, case, agent_id=str(lan), note="Hỏi lại địa chỉ")
    assert made.status == 201, made
    task_id = made.body["id"]
    assert await listed(browser) == [task_id]
    assert await listed(browser, view="queue") == []
    assert (await browser.get("/task-count")).body == {"mine": 0, "queue": 0, "everybody": None}
    shop.clock.advance(60)
    assert (await browser.get("/task-count")).body["mine"] == 1
    assert (await browser.post(f"/tasks/{task_id}/end", {})).body["state"] == "done"
    assert await listed(browser) == []
    assert await listed(browser, state="ended") == [task_id]
    back = await browser.send("PATCH", f"/tasks/{task_id}", json={"state": "open"})
    assert (back.body["state"], back.body["ended_at"]) == ("open", None)
    assert await listed(browser) == [task_id]


async def test_the_same_click_makes_one_task(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser, case = await shop.sign_in("lan"), await shop.waiting("hoa")
    made = await added(shop, browser, case)
    again = await added(shop, browser, case, task_id=made.body["id"])
    assert (again.status, again.body) == (200, made.body)
    other = await shop.waiting("mai")
    assert (await added(shop, browser, other, task_id=made.body["id"])).code == "client_id_taken"


async def test_a_call_back_has_a_number_and_a_time_to_come(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser, case = await shop.sign_in("lan"), await shop.waiting("hoa")
    assert (await added(shop, browser, case, kind="callback")).code == "phone_invalid"
    made = await added(shop, browser, case, kind="callback", phone="0912.345.678")
    assert made.body["phone"] == "+84912345678"
    assert (await added(shop, browser, case, in_s=0)).code == "task_time_over"
    assert (await added(shop, browser, case, agent_id=str(new_id()))).code == "agent_unknown"


async def test_a_colleagues_task_is_not_mine_to_change_and_a_supervisor_sees_what_is_overdue(shop: Shop) -> None:
    minh = await shop.add_agent("minh")
    await shop.add_agent("lan")
    await shop.add_agent("boss", role="supervisor", queues=())
    lan, boss = await shop.sign_in("lan"), await shop.sign_in("boss")
    case = await shop.waiting("hoa")
    task_id = (await added(shop, boss, case, agent_id=str(minh))).body["id"]
    assert (await lan.post(f"/tasks/{task_id}/end", {})).code == "not_your_task"
    shop.clock.advance(60)
    assert await listed(boss, view="all", due="true") == [task_id]
    assert (await boss.get("/task-count")).body["everybody"] == 1
    given = await boss.send("PATCH", f"/tasks/{task_id}", json={"agent_id": None})
    assert given.body["agent_id"] is None
    assert (await lan.post(f"/tasks/{task_id}/end", {"ending": "cancelled"})).body["state"] == "cancelled"


async def test_tasks_of_a_customer_are_found_from_any_of_their_conversations(shop: Shop) -> None:
    await shop.add_agent("lan")
    browser = await shop.sign_in("lan")
    hoa, zalo = await shop.waiting("hoa"), await shop.waiting("hoa-zalo")
    task_id = (await added(shop, browser, zalo)).body["id"]
    body = {"other_customer_id": str(zalo.customer_id), "reason": "Cùng một người"}
    merged = await browser.post(f"/customers/{hoa.customer_id}/merge", body)
    assert merged.status == 200, merged
    query = {"view": "all", "conversation_id": str(hoa.conversation_id)}
    [item] = (await browser.get("/tasks", **query)).body["items"]
    assert (item["task"]["id"], item["open_id"]) == (task_id, str(hoa.conversation_id))
    await browser.post(f"/ledger/{merged.body['entry_id']}/undo", {})
    assert await listed(browser, **query) == []
