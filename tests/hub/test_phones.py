"""hub.phones: how numbers are written in Vietnam, and what must never become a key."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.numbering import is_old_land_line
from hub.phones import WRITTEN_MAX_CHARS, is_personal, is_withheld, normalize_phone

OLD_TO_NEW = {
    "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038",
    "0169": "039", "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078", "0123": "083",
    "0124": "084", "0125": "085", "0127": "081", "0129": "082", "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip

HOA = "+84912345678"


@pytest.mark.parametrize(
    "written",
    [
        "0912345678", "0912.345.678", "0912 345 678", "0912-345-678", "(0912) 345 678", "091_234_5678",
        "84912345678", "+84912345678", "+84 912 345 678", "+84 (0) 912 345 678", "+84(0)912345678", "+840912345678",
        "840912345678", "0084912345678", "0084 0912345678", "+0912345678", "+0084912345678", "912345678",
        "O912345678", "o9I2345678", "0912345678".translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        "٠٩١٢٣٤٥٦٧٨", "\u202d+84 912 345 678\u202c", "\ufeff0912\u00a0345\u200b678", "0912–345–678", "0912−345−678",
        "tel:+84-912-345-678", "sip:0912345678@10.0.0.1:5060", "sip:+84912345678@pbx.example;user=phone",
        '"Nguyen Thi Hoa" <0912345678>', '"Hoa 0987654321" <sip:0912345678@10.0.0.1>', "<0912345678>",
    ],
)  # fmt: skip
def test_one_number_has_one_form_however_it_is_written(written: str) -> None:
    assert normalize_phone(written) == HOA


@pytest.mark.parametrize(("old", "new"), OLD_TO_NEW.items())
@pytest.mark.parametrize("form", ["{}", "+84{}", "84{}", "0084{}", "+84 (0) {}"])
def test_eleven_digit_mobiles_of_before_2018_become_ten_digit_ones(old: str, new: str, form: str) -> None:
    written = form.format((old if form == "{}" else old[1:]) + "3456789")
    assert normalize_phone(written) == f"+84{new[1:]}3456789"


@pytest.mark.parametrize("prefix", ["0160", "0161", "0130", "0187", "0189", "0198", "0119"])
def test_eleven_digit_prefixes_that_never_were_mobile_are_refused(prefix: str) -> None:
    assert normalize_phone(prefix + "3456789") is None


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("024 3825 2525", "+842438252525"),
        ("(028) 38 123 456", "+842838123456"),
        ("+84 28 3812 3456", "+842838123456"),
        ("842838123456", "+842838123456"),
        ("0236.3812.345", "+842363812345"),
        ("0296 3812 345", "+842963812345"),
        ("04 3825 2525", "+842438252525"),
        ("0438123456", "+842438123456"),
        ("+84 4 3825 2525", "+842438252525"),
        ("0511 3812 345", "+842363812345"),
        ("061 3822 915", "+842513822915"),
        ("0710.3841.651", "+842923841651"),
        ("0240 3855 123", "+842043855123"),
    ],
)
def test_land_lines_have_the_area_code_of_today(written: str, e164: str) -> None:
    assert normalize_phone(written) == e164
    assert is_personal(e164)


@pytest.mark.parametrize("written", ["0313812345", "0373812345", "0583812345", "0793812345", "0838123456"])
def test_an_old_land_line_that_looks_like_a_mobile_number_is_read_as_one(written: str) -> None:
    number = normalize_phone(written)
    assert number is None or number == f"+84{written[1:]}"


@pytest.mark.parametrize("written", ["0203821234", "0253821234", "0273821234", "0293821234", "0673821234"])
def test_an_old_land_line_that_looks_like_a_shortened_one_of_today_is_nobodys(written: str) -> None:
    assert normalize_phone(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "19001234", "1900 1234", "1900 123456", "1800 599 920", "18001234", "+84 1900 1234", "8419001234",
        "+84 1800 1234", "0084 1900 1234", "113", "115", "9119", "0", "", "+", "00", "+84", "0912 345 67",
        "09123456789", "0123456789", "2838123456", "438123456", "0201234567", "672123456", "+84672123456",
    ],
)  # fmt: skip
def test_service_numbers_short_codes_and_wrong_lengths_are_nobodys(written: str) -> None:
    assert normalize_phone(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "0912***678", "091234567x", "DH0912345678", "sdt 0912345678", "0912345678 ext 12", "0912345678;0987654321",
        "0912345678/0987654321", "anonymous", "lol", "OOOOOOOOOO", "Il1Il1Il1I", "1.250.000", "12/03/2024",
        "++84912345678", "0912+345678", "0912345678" + " " * WRITTEN_MAX_CHARS, "\x000912345678",
        "sip:@host", "tel:", "<>",
    ],
)  # fmt: skip
def test_what_is_more_or_less_than_one_number_is_refused(written: str) -> None:
    assert normalize_phone(written) is None


@pytest.mark.parametrize("control", ["\u202e", "\u202b", "\u2067", "\u200f"])
def test_digits_that_are_shown_in_another_order_are_refused(control: str) -> None:
    assert normalize_phone(f"{control}0912345678") is None
    assert normalize_phone(f"0912{control}345678") is None


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("+1 (650) 253-0000", "+16502530000"),
        ("0065 9123 4567", "+6591234567"),
        ("+855 12 345 678", "+85512345678"),
        ("+39 06 698 12345", "+390669812345"),
    ],
)
def test_foreign_numbers_need_their_country_code(written: str, e164: str) -> None:
    assert normalize_phone(written) == e164
    assert is_personal(e164)


def test_foreign_numbers_that_do_not_exist_are_refused() -> None:
    assert normalize_phone("+999 123 456 789") is None
    assert normalize_phone("+1 123 456 7890") is None


def test_another_region_reads_its_own_national_numbers_and_still_knows_ours() -> None:
    assert normalize_phone("(650) 253-0000", "US") == "+16502530000"
    assert normalize_phone("+84 (0) 912 345 678", "US") == HOA
    assert normalize_phone("0912345678", "US") is None
    assert normalize_phone("0912345678", "no such region") is None


@pytest.mark.parametrize(
    "number", ["+18005551234", "+80012345678", "+19005551234", "+8419001234", "19001234", "0912345678", "", "+84", "x"]
)
def test_numbers_that_belong_to_nobody_are_not_personal(number: str) -> None:
    assert not is_personal(number)


@pytest.mark.parametrize(
    "word",
    ["anonymous", "Anonymous", "ANONYMOUS", "unknown", "<unknown>", "", "  ", "restricted", "private", "Unavailable",
     "sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@anonymous.invalid>', "-", "0", None],
)  # fmt: skip
def test_the_words_of_withheld_numbers_are_known(word: str | None) -> None:
    assert is_withheld(word)


@pytest.mark.parametrize("shown", ["0912345678", "19001234", "op-201", "+84912345678"])
def test_a_number_that_is_shown_is_not_withheld(shown: str) -> None:
    assert not is_withheld(shown)


def test_the_fast_answer_for_land_lines_is_the_one_of_phonenumbers() -> None:
    for prefix in range(2000, 3000):
        national = f"{prefix}345678"
        valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+84{national}"))
        assert (normalize_phone(f"0{national}") is not None) == (valid or is_old_land_line(national)), national


def test_the_fast_answer_for_mobiles_is_the_one_of_phonenumbers() -> None:
    for prefix in range(300, 1000):
        national = f"{prefix}345678"
        if is_old_land_line(national):
            continue
        valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+84{national}"))
        assert (normalize_phone(f"0{national}") is not None) == (valid and national[0] in "35789"), national


@given(st.text(max_size=80))
def test_no_text_raises_and_every_answer_is_valid(raw: str) -> None:
    number = normalize_phone(raw)
    is_withheld(raw)
    assert not (is_personal(raw) and number is None)
    assert number is None or phonenumbers.is_valid_number(phonenumbers.parse(number))


@given(st.from_regex(r"\+?(84|0084|0)?[ .(]?0?[ .)]?[1-9][0-9 .\-Oo٠-٩]{6,14}", fullmatch=True))
def test_normalising_twice_is_normalising_once(raw: str) -> None:
    number = normalize_phone(raw)
    if number is not None:
        assert normalize_phone(number) == number
        assert normalize_phone(number, "US") == number


@given(st.integers(min_value=200_000_000, max_value=999_999_999), st.sampled_from(["0", "+84", "84", "0084", "+840"]))
def test_the_way_of_dialling_never_changes_the_answer(national: int, prefix: str) -> None:
    assert normalize_phone(f"{prefix}{national}") == normalize_phone(f"0{national}")
