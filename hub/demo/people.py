"""Invented customers and what they say. Names and numbers are plausible and belong to nobody we know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """`number` as they would write it themselves."""

    name: str
    number: str | None
    lines: tuple[str, ...]
    answers: tuple[str, ...] = ("Dạ em cảm ơn shop ạ", "Vâng, em chờ nhé", "Ok shop")


HOA_NUMBER = "0912 345 678"
HOA_DIGITS = "84912345678"

PASSERS_BY = (
    Person(
        "Tuấn Lê",
        "0903 118 227",
        (
            "Shop ơi tủ lạnh 300 lít còn hàng không ạ?",
            "Loại inverter nhé, nhà em 4 người",
            "Có giao trong ngày không shop, em ở Thủ Đức",
        ),
    ),
    Person(
        "Phạm Thu Trang",
        None,
        (
            "Máy giặt cửa trước 9kg đang sale bao nhiêu vậy shop",
            "Có trả góp 0% không ạ",
            "Cho mình xin địa chỉ cửa hàng gần Cầu Giấy với",
        ),
    ),
    Person(
        "Bùi Quốc Khánh",
        "0978 402 115",
        (
            "Đơn hàng DH240981 của tôi đặt hôm thứ 6 mà chưa thấy giao",
            "Gọi hotline không ai nghe máy",
            "Số tôi 0978 402 115, gọi lại giúp",
        ),
        ("Được rồi, cảm ơn bạn", "Nhanh giúp tôi nhé"),
    ),
    Person(
        "Võ Ngọc Hân",
        None,
        ("Dạ cho em hỏi nồi chiên 5 lít bảo hành bao lâu ạ", "Mua online có được đổi trả không shop"),
    ),
    Person(
        "Đặng Văn Hậu",
        "0386 554 901",
        ("Lò vi sóng mua tuần trước bị không nóng", "Mang ra cửa hàng hay có thợ tới nhà vậy shop?"),
    ),
    Person(
        "Lý Mỹ Dung",
        None,
        ("Màu be còn không shop", "Cho chị đặt 1 cái nhé, giao quận 7"),
    ),
    Person(
        "Ngô Đức Thịnh",
        "0707 621 338",
        ("TV 55 inch 4K nào dưới 10 triệu vậy shop?", "Có treo tường luôn không ạ", "Ok chốt con đó, ship thứ 7 nhé"),
    ),
    Person(
        "Hồ Thanh Vân",
        None,
        ("Quạt điều hoà nhà mình có loại nào êm không", "Phòng 20m2 thì lấy loại nào ạ"),
    ),
    Person(
        "Trịnh Gia Bảo",
        "0569 870 442",
        ("Shop cho hỏi phí lắp đặt máy lạnh 1.5HP", "Ống đồng tính thêm bao nhiêu 1 mét vậy"),
    ),
    Person(
        "Mai Phương Linh",
        None,
        ("Em vừa chuyển khoản rồi ạ, shop kiểm tra giúp em", "Mã giao dịch FT2632817734"),
    ),
)

CALLERS = ("84909777120", "84938201456", "84866093317", "84352118840")
