"""How the demo shop works: its hours, promises, rules and automation, as a supervisor would have set them up."""

from typing import Any

from hub.ids import QueueId
from router.plan.book import MODELS
from storage import plans
from storage.unit_of_work import UnitOfWork

_SHOP_DAY = [{"opens": "08:00", "closes": "21:30"}]
_WARRANTY = ["bảo hành", "sửa", "hỏng", "chảy nước", "không lạnh", "không chạy", "trầy", "lỗi"]
_ANGRY = ["khiếu nại", "cả tuần", "chưa ai tới", "bức xúc", "thất vọng", "lừa đảo"]


async def set_up(work: UnitOfWork, queue_id: QueueId) -> None:
    """Only what nobody has set up yet."""
    stored = await plans.versions(work.connection)
    for kind, document in _documents(queue_id).items():
        if kind not in stored:
            checked = MODELS[kind].model_validate(document)
            await plans.put(work, kind, checked.model_dump(mode="json"), seen=0, by=None)


def _documents(queue_id: QueueId) -> dict[plans.Kind, dict[str, Any]]:
    queue = str(queue_id)
    return {
        "hours": {"calendars": [{"id": "cua-hang", "name": "Giờ cửa hàng", "week": [_SHOP_DAY] * 7}]},
        "rules": {
            "rules": [
                _rule("khieu-nai", "Khách bức xúc", queue, {"words": _ANGRY}, priority=2),
                _rule("goi-nho", "Cuộc gọi nhỡ", queue, {"kinds": ["missed_call"]}, priority=1),
                _rule("con-lai", "Mọi hội thoại khác", queue, {}, priority=0),
            ]
        },
        "sla": {
            "policies": [
                {
                    "id": "tieu-chuan",
                    "name": "Tiêu chuẩn",
                    "promises": [
                        {"target": "first_response", "within_s": 300, "warn_before_s": 60},
                        {"target": "next_response", "within_s": 600, "warn_before_s": 120},
                        {"target": "resolution", "within_s": 24 * 3600, "warn_before_s": 3600},
                    ],
                    "escalations": [{"on": "breach", "target": "first_response", "priority": 1}],
                }
            ]
        },
        "automation": {
            "rules": [
                {
                    "id": "bao-hanh",
                    "name": "Nhận ra yêu cầu bảo hành",
                    "on": "customer_message",
                    "when": {"words": _WARRANTY},
                    "then": [
                        {"do": "add_tags", "tags": ["bảo hành"]},
                        {"do": "set_lifecycle", "lifecycle": "warranty"},
                    ],
                },
                {
                    "id": "goi-nho",
                    "name": "Đánh dấu cuộc gọi nhỡ",
                    "on": "call_missed",
                    "then": [{"do": "add_tags", "tags": ["gọi nhỡ"]}],
                },
            ]
        },
    }


def _rule(rule_id: str, name: str, queue: str, when: dict[str, Any], *, priority: int) -> dict[str, Any]:
    return {"id": rule_id, "name": name, "queue_id": queue, "when": when, "priority": priority}
