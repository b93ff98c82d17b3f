"""Why a row was rejected, in both languages: for the report, which has no console to put it into words.

`{…}` are the fault's params.
"""

from collections.abc import Mapping
from typing import Any, Final

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "no_key": (
        "Không có mã khách hàng, số điện thoại hay e-mail để nhận ra khách",
        "No customer id, telephone number or e-mail address to know the customer by",
    ),
    "phone_invalid": (
        "Không phải số điện thoại của một người: kiểm tra đủ chữ số, đầu số",
        "Not a person's telephone number: check its digits and prefix",
    ),
    "phone_masked": ("Số bị che, không dùng được", "The number is masked and cannot be used"),
    "phone_rounded": (
        "Excel đã làm tròn số này ({value}): định dạng cột là Văn bản rồi nhập lại số",
        "The spreadsheet rounded this number ({value}): format the column as text and enter it again",
    ),
    "id_rounded": (
        "Excel đã làm tròn mã này ({value}): định dạng cột là Văn bản rồi nhập lại mã",
        "The spreadsheet rounded this id ({value}): format the column as text and enter it again",
    ),
    "id_long": ("Mã khách hàng dài quá 180 ký tự", "The customer id has more than 180 characters"),
    "email_invalid": ("Không phải địa chỉ e-mail", "Not an e-mail address"),
    "email_shared": (
        "Hộp thư chung của một nơi làm việc, không phải của một người",
        "A mailbox that an office shares, not a person's",
    ),
    "contacts_many": ("Quá 20 số hoặc e-mail trong một dòng", "More than 20 numbers or addresses in one row"),
    "name_long": ("Tên dài quá 200 ký tự", "The name has more than 200 characters"),
    "note_long": ("Ghi chú dài quá 4.000 ký tự", "The note has more than 4,000 characters"),
    "tags_many": ("Quá nhiều thẻ, hoặc thẻ dài quá 40 ký tự", "Too many tags, or one of more than 40 characters"),
    "text_unreadable": ("Có ký tự không đọc được", "Holds a character that is no text"),
    "attribute_text": ("Dài quá 500 ký tự", "More than 500 characters"),
    "attribute_number": ("Không phải số", "Not a number"),
    "attribute_date": (
        "Không phải ngày: viết ngày/tháng/năm, ví dụ 17/11/2026",
        "Not a date: write day/month/year, such as 17/11/2026",
    ),
    "attribute_choice": ("Không nằm trong các lựa chọn: {choices}", "Not one of the choices: {choices}"),
    "duplicate": (
        "Cùng một khách với dòng {row} của tệp này",
        "The same customer as row {row} of this file",
    ),
}


def in_words(code: str, params: Mapping[str, Any]) -> tuple[str, str]:
    """Vietnamese, English."""
    vi, en = REASONS[code]
    return vi.format_map(params), en.format_map(params)
