"""What words around a number say about it, folded: no marks, lower case. Data for identity.numbers.meaning.

Some folded words are several words; CONFUSED names the spellings that are meant, where the writer types marks.
"""

from typing import Final


def _set(words: str) -> frozenset[str]:
    """Comma list."""
    return frozenset(word.strip() for word in words.replace("\n", " ").split(",") if word.strip())


# It is a telephone number; whatever was said before is about something else.
PHONE: Final = _set(
    "sdt, sddt, sdtt, dt, dthoai, thoai, phone, tel, mobile, zalo, zl, goi, alo, lh, he, call, sms, whatsapp, viber, nhan tin, "
    "sodienthoai, dienthoai, so dt, imess, telegram, hotro, nghe may, phonenumber, didong, dd"
)

# It is something else. NEAR: nothing but FILLERS in between; FAR: two more words of any kind.
CODE_NEAR: Final = _set(
    "don, don hang, dh, order, ordered, id, bill, key, van don, vandon, vd, so don, hoa don, hoadon, invoice, hd, phieu, "
    "hop dong, so hop dong, serial, seri, sn, s n, imei, sku, barcode, isbn, code, voucher, coupon, ref, pin, otp, pass, "
    "password, gd, giao dich, ft, the, so the, so so, khung, may so, bien so, bks, cmnd, cmt, cccd, cmtnd, can cuoc, "
    "ho chieu, passport, bhxh, bhyt, bao hiem, no, noi dung, nd, gia, tong, tong cong, ngay, kien, lo, batch, lot, model, "
    "tracking, spx, ghn, ghtk, vtp, jt, j t, ems, vnpost, ninjavan"
)
CODE_FAR: Final = _set(
    "ma, ma so, ma don, ma van don, mvd, stk, sotk, tk, so tk, tai khoan, account, acc, iban, mst, ma so thue, so thue, "
    "hotline, hot line, tong dai, cskh, cham soc khach hang, mat khau, hop dong, the, the tin dung, visa, mastercard, "
    "so seri, so serial, so phieu, so hoa don, can cuoc, so bao hiem, so tiet kiem"
)
BANKS: Final = _set(
    "mb, mbbank, mb bank, vcb, vietcombank, vietcom, vietinbank, viettinbank, vietin, bidv, acb, tcb, techcombank, techcom, "
    "vpbank, vp bank, tpbank, tpb, tp bank, sacombank, scb, agribank, vib, hdbank, shb, ocb, msb, seabank, eximbank, "
    "lienvietpostbank, lpbank, abbank, cake, timo, bank, ngan hang"
)
FILLERS: Final = _set(
    "so, la, cua, em, e, minh, m, mk, mik, t, toi, tui, tao, chi, anh, a, c, co, chu, bac, giup, may, ben, ban, o, cho, nay, do, "
    "hang, number, nr, shop, sop, khach, nhe, nha, ne, vao, qua, theo, nay"
)
MONEY: Final = _set("vnd, vnd, dong, usd, trieu, ty, nghin, ngan, cai, kg, gr, gram, ml")

# The writer, speaking of themselves. TITLES followed by a name are somebody: "chị Thu".
SELF: Final = _set("em, e, minh, m, mk, mik, mih, mjh, toi, tui, t, tao, ta, chi, anh, co, chu, bac, con, chau, my, me minh")
TITLES: Final = _set("chi, anh, co, chu, bac")
SELF_PAIRS: Final = _set(
    "vo chong, nguoi dat, ng dat, nguoi mua, ng mua, nguoi gui, ng gui, me be, bo be, ma be, ba be, me cu, so minh, so em, so e"
)

# Somebody else. WITH_SELF only together with a word of SELF: "bạn em", "ba mình".
OTHERS: Final = _set(
    "chong, ck, ox, vk, vo, bx, ong xa, ba xa, me, bo, chi gai, em gai, anh trai, em trai, con gai, con trai, con re, con dau, "
    "ba ngoai, ba noi, ong ngoai, ong noi, ban gai, ban trai, ban than, nguoi yeu, ny, nguoi nha, nguoi than, hang xom, "
    "dong nghiep, sep, bao ve, le tan, shipper, ship per, anh ship, ben ship, nhan vien, nvien, thu ky, tro ly, chu nha, "
    "di, mo, thim, cau, me chong, me vo, bo chong, bo vo, ong chu, ba chu, chi dau, anh re, me em, phu huynh, so shop, "
    "cua shop, so ben shop, ban ay, chi ay, anh ay, co ay, ong ay, ba ay, ban do, ban kia, ho hang"
)
OTHERS_WITH_SELF: Final = _set("ban, ba, ma, ong, dua, nhoc, bame, bo me, sep, cau, di, mo")
DELIVERY: Final = _set("nhan, giao, ship, gui, nhan hang, giao hang")  # together with somebody else: whoever receives
RECIPIENT_PAIRS: Final = _set("nguoi nhan, ng nhan, nhan hang, so nhan, sdt nhan, dt nhan, hang goi, nha nhan, nguoi lay")

# What may stand between a number and what is said of it afterwards.
AFTER_FILLERS: Final = _set("la, day, ne, so, sdt, dt, cua, nay, thi, do, nha, nhe, (, -, ạ, a, so cua, va")
POINTING: Final = _set("la, so, sdt, dt, cua, (")  # of these, the ones that make a lone word say whose it is

CONFUSED: Final[dict[str, frozenset[str]]] = {
    "vo": _set("vợ"),
    "bo": _set("bố"),
    "me": _set("mẹ"),
    "ma": _set("mã, má"),
    "ba": _set("ba"),
    "don": _set("đơn"),
    "the": _set("thẻ"),
    "tong": _set("tổng"),
    "gia": _set("giá"),
    "no": _set("no"),
    "lo": _set("lô"),
    "khung": _set("khung"),
    "con": _set("con"),
    "sep": _set("sếp"),
    "ban": _set("bạn"),
    "ong": _set("ông"),
    "dua": _set("đứa"),
    "chong": _set("chồng"),
    "ngay": _set("ngày"),
    "phieu": _set("phiếu"),
    "kien": _set("kiện"),
    "co": _set("cô"),
    "chu": _set("chú"),
    "bac": _set("bác"),
    "chi": _set("chị"),
    "anh": _set("anh"),
    "di": _set("dì"),
    "cau": _set("cậu"),
    "mo": _set("mợ"),
    "thim": _set("thím"),
}
NEEDS_MARKS: Final = _set("di, cau, mo, the, no, lo, gia, con, co")  # without marks they are far more often another word
