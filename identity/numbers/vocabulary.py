"""What words around a number say about it, folded: no marks, lower case. Data for identity.numbers.meaning.

One folded word can be several words; the two tables of spellings name the one that is meant, where marks are typed.
"""

from typing import Final


def _set(words: str) -> frozenset[str]:
    """Comma list."""
    return frozenset(" ".join(word.split()) for word in words.split(","))


# It is a telephone number; whatever was said before is about something else.
PHONE: Final = _set("""
    sdt, sddt, sdtt, dt, dthoai, thoai, phone, tel, mobile, zalo, zl, goi, alo, lh, he, call, sms, whatsapp, viber,
    nhan tin, sodienthoai, dienthoai, so dt, telegram, nghe may, didong, dd""")

# It is something else. NEAR: nothing but FILLERS in between; FAR: two more words of any kind.
CODE_NEAR: Final = _set("""
    don, don hang, dh, order, ordered, id, bill, key, van don, vandon, vd, so don, hoa don, hoadon, invoice, hd,
    phieu, hop dong, so hop dong, serial, seri, sn, s n, imei, sku, barcode, isbn, code, voucher, coupon, ref, pin,
    otp, pass, password, gd, giao dich, bao danh, ft, the, so the, khung, bien so, bks, cmnd, cmt, cccd, cmtnd, can
    cuoc, ho chieu, ho khau, passport, bhxh, bhyt, bao hiem, no, noi dung, nd, gia, tong, tong cong, ngay, kien, lo,
    batch, lot, model, tracking, spx, ghn, ghtk, vtp, jt, j t, ems, vnpost""")
CODE_FAR: Final = _set("""
    ma, ma don, ma van don, mvd, stk, sotk, tk, so tk, tai khoan, account, acc, iban, mst, ma so thue, so thue, hotline,
    hot line, tong dai, cskh, cham soc khach hang, mat khau, hop dong, the, the tin dung, visa, mastercard, noi dung ck,
    nd ck, noi dung chuyen khoan, so seri, so serial, so phieu, so hoa don, can cuoc, so bao hiem, so tiet kiem""")
BANKS: Final = _set("""
    mb, mbbank, mb bank, vcb, vietcombank, vietcom, vietinbank, vietin, bidv, acb, tcb, techcombank, techcom, vpbank,
    vp bank, tpbank, tpb, tp bank, sacombank, scb, agribank, vib, hdbank, shb, ocb, msb, seabank, eximbank, lpbank,
    abbank, cake, timo, bank, ngan hang""")
FILLERS: Final = _set("""
    so, la, cua, em, e, minh, m, mk, mik, t, toi, tui, tao, chi, anh, a, c, co, chu, bac, giup, may, ben, ban, o, cho,
    nay, do, hang, number, nr, shop, sop, khach, nhe, nha, ne, vao, qua, theo""")
MONEY: Final = _set("vnd, dong, usd, trieu, ty, nghin, ngan")

# The writer, speaking of themselves. TITLES followed by a name are somebody: "chị Thu".
SELF: Final = _set("em, e, minh, m, mk, mik, mih, toi, tui, t, tao, ta, chi, anh, co, chu, bac, con, chau")
TITLES: Final = _set("chi, anh, co, chu, bac")
SELF_PAIRS: Final = _set("""
    vo chong, nguoi dat, ng dat, nguoi mua, ng mua, nguoi gui, ng gui, me be, bo be, ma be, ba be, me cu, call me,
    text me, so minh, so em, so e""")

# Somebody else. WITH_SELF only together with a word of SELF: "bạn em", "ba mình". AWAY may stand in between.
OTHERS: Final = _set("""
    chong, ox, vk, vo, bx, ong xa, ba xa, me, bo, chi gai, em gai, anh trai, em trai, con gai, con trai, con re,
    ba ngoai, ba noi, ong ngoai, ong noi, ban gai, ban trai, ban than, nguoi yeu, ny, nguoi nha, nguoi than, hang xom,
    dong nghiep, sep, bao ve, le tan, shipper, anh ship, ben ship, nhan vien, nvien, thu ky, tro ly, chu nha, di, mo,
    thim, cau, me chong, me vo, bo chong, bo vo, ong chu, ba chu, chi dau, anh re, phu huynh, so shop, cua shop, ban ay,
    chi ay, anh ay, co ay, ong ay, ba ay, ban kia, ho hang""")
OTHERS_WITH_SELF: Final = _set("ck, ban, ba, ma, ong, dua, nhoc, sep, cau, di, mo")
AWAY: Final = _set("cong ty, cty, nha, co quan, van phong, chung cu, phong, lop, cua")  # "lễ tân công ty em"

# Somebody else, and one of these around: whoever receives the goods.
DELIVERY: Final = _set("nhan, giao, ship, gui")
RECIPIENT: Final = _set("""
    nguoi nhan, ng nhan, nhan hang, giao hang goi, nha nhan, nguoi lay""")
FORM_OF_RECIPIENT: Final = ("nguoi nhan", "ng nhan", "ten nguoi nhan")

# What may stand between a number and what is said of it afterwards; POINTING: then a lone word says whose it is.
AFTER_FILLERS: Final = _set("la, day, ne, so, sdt, dt, cua, nay, thi, do, nha, nhe, (, a, va, co, phai")
POINTING: Final = _set("la, so, sdt, dt, cua, (")

CODE_SPELLINGS: Final[dict[str, str]] = {
    "ma": "mã", "don": "đơn", "the": "thẻ", "tong": "tổng", "gia": "giá", "no": "no", "lo": "lô", "khung": "khung",
    "ngay": "ngày", "phieu": "phiếu", "kien": "kiện",
}  # fmt: skip
PEOPLE_SPELLINGS: Final[dict[str, str]] = {
    "vo": "vợ", "bo": "bố", "me": "mẹ", "ma": "má", "ba": "ba", "con": "con", "sep": "sếp", "ban": "bạn", "ong": "ông",
    "dua": "đứa", "chong": "chồng", "co": "cô", "chu": "chú", "bac": "bác", "chi": "chị", "anh": "anh", "di": "dì",
    "cau": "cậu", "mo": "mợ", "thim": "thím", "tao": "tao", "ta": "ta", "chau": "cháu",
}  # fmt: skip
NEEDS_MARKS: Final = _set("di, cau, mo, the, lo, gia, con, co")  # without marks they are far more often another word

PHRASES: Final = frozenset(phrase for table in (CODE_NEAR, CODE_FAR, OTHERS) for phrase in table if " " in phrase)


def _telling(*tables: frozenset[str]) -> frozenset[str]:
    """One word of each phrase, the last that is not all over the place: without any of them no phrase is there."""
    everywhere = FILLERS | PHONE | {"nha"}
    rare = (
        [word for word in phrase.split() if word not in everywhere] or phrase.split()
        for table in tables
        for phrase in table
    )
    return frozenset(found[-1] for found in rare)


TELLS_CODE: Final = _telling(CODE_NEAR, CODE_FAR, BANKS)
TELLS_PERSON: Final = _telling(OTHERS, OTHERS_WITH_SELF, RECIPIENT) | {"bang", "bi", "co", "nhan"}
TELLING: Final = TELLS_CODE | TELLS_PERSON
# A word that is none of these ends no phrase: nothing to look up there.
ENDS_OF_CODES: Final = frozenset(
    phrase.split()[-1] for table in (CODE_NEAR, CODE_FAR, BANKS, PHONE) for phrase in table
)
ENDS_OF_PEOPLE: Final = SELF | frozenset(
    phrase.split()[-1] for table in (OTHERS, OTHERS_WITH_SELF, RECIPIENT, SELF_PAIRS) for phrase in table
)
