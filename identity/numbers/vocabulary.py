"""What the words around a number say about it: comma lists, spelled with their marks. Data for identity.numbers.rules.

Without marks a word is read as well (identity.numbers.signs), unless it is then far more often another word.
"""

from typing import Final

# It is a telephone number; whatever was said before is about something else.
PHONE: Final = """
    sđt, sddt, sdtt, đt, ddt, đthoại, thoại, phone, fone, fon, tel, mobile, cell, zalo, zl, gọi, alo, lh, ll, liên
    hệ, liên lạc, call, sms, whatsapp, viber, nhắn, nhắn tin, nt, sodienthoai, dienthoai, số đt, telegram, nghe máy,
    nháy máy, didong, di động, dđ, text"""
# It is something else. NEAR: nothing but FILLERS in between; FAR: two more words of any kind.
CODE_NEAR: Final = """
    đơn, đơn hàng, đh, order, ordered, id, bill, key, vận đơn, vandon, vđ, số đơn, hoá đơn, hoadon, invoice, hđ,
    phiếu, hợp đồng, số hợp đồng, serial, seri, sê ri, xê ri, sr, sn, s n, imei, sku, barcode, isbn, code, giftcode,
    voucher, coupon, ref, pin, otp, pass, password, gd, giao dịch, báo danh, ft, thẻ, số thẻ, khung, biển số, bks,
    cmnd, cmt, cccd, cmtnd, căn cước, hộ chiếu, hộ khẩu, passport, bhxh, bhyt, bảo hiểm, no, nội dung, nd, giá,
    tổng, tổng cộng, ngày, kiện, lô, batch, lot, model, tracking, spx, shopee express, ghn, ghtk, vtp, jt, j t, j t
    báo, ghn báo, ghtk báo, spx báo, bưu điện báo, ems, vnpost, viettel post, ninja van, best express, lazada, tem,
    số tem, biên nhận, phiếu hẹn, vé, số vé, gplx, bằng lái, giấy phép, định danh, số định danh, msnv, mssv, công
    tơ, số công tơ, đồng hồ nước, đồng hồ điện, danh bộ, danh bạ nước, dãy số, chữ số, xổ số, số báo danh, tra cứu,
    điện lực, bán sim, rao sim, phiếu bảo hành, số bảo hành, thẻ bảo hành, phiếu sửa, phiếu sửa chữa, phiếu
    gửi, phiếu giao, phiếu nhập, phiếu xuất, phiếu thu, biên lai, bưu gửi, bưu phẩm, mã thuê bao, internet, cáp quang"""
CODE_FAR: Final = """
    mã, mã đơn, mã vận đơn, mvđ, stk, sotk, tk, số tk, tài khoản, account, iban, mst, mã số thuế, số thuế, hotline,
    hot line, tổng đài, cskh, chăm sóc khách hàng, đường dây nóng, số nóng, mật khẩu, hợp đồng, thẻ, thẻ tín dụng,
    visa, mastercard, nội dung ck, nd ck, nội dung chuyển khoản, số seri, số serial, số phiếu, số hoá đơn, căn cước,
    số bảo hiểm, sổ tiết kiệm, công tơ, số khách hàng, giấy phép kinh doanh, phong thuỷ, may mắn, tài lộc, phát lộc,
    trúng thưởng, dự thưởng, vé số, tem, imei, serial, seri, danh bộ, biên nhận, bảo hiểm, bhyt, bhxh"""
BANKS: Final = """
    mb, mbbank, mb bank, vcb, vietcombank, vietcom, vietinbank, vietin, bidv, acb, tcb, techcombank, techcom,
    vpbank, vp bank, tpbank, tpb, tp bank, sacombank, scb, agribank, vib, hdbank, shb, ocb, msb, seabank, eximbank,
    lpbank, abbank, namabank, bacabank, pvcombank, kienlongbank, cake, timo, bank, ngân hàng, quân đội, á châu,
    ngoại thương, công thương, nông nghiệp, kỹ thương, tiên phong, sài gòn thương tín"""
# Money goes there: "chuyển khoản đến 0912…", "ck qua 0912…"; no more than FILLERS in between.
TRANSFERS: Final = """
    chuyển khoản đến, chuyển khoản vào, chuyển khoản qua, chuyển khoản tới, chuyển khoản cho, chuyển tiền đến,
    chuyển tiền vào, chuyển tiền qua, chuyển tiền cho, ck đến, ck vào, ck qua, ck tới, bắn qua, bắn vào, momo shop,
    momo của shop"""
FILLERS: Final = """
    số, là, của, em, e, mình, m, mk, mik, t, tôi, tui, tao, chị, anh, a, c, cô, chú, bác, giúp, máy, bên, bạn, ở,
    cho, này, đó, hàng, number, nr, shop, sốp, khách, nhé, nha, nè, vào, qua, theo, cũ, mới, cá, nhân, cty"""
# "Đơn của số 0912…", "bảo hành theo số 0912…": what it is kept under.
KEPT_UNDER: Final = "của số, theo số, bằng số"
# "Lên đơn cho em 0912…": a verb makes an order of it, not its number.
ORDERING: Final = "lên đơn, chốt đơn, tạo đơn, đặt đơn, làm đơn, đi đơn"
MONEY: Final = "vnd, vnđ, đồng, usd, triệu, tỷ, nghìn, ngàn"

# The writer, speaking of themselves. TITLES followed by a name are somebody: "chị Thu".
SELF: Final = """
    em, e, mình, m, mk, mik, mih, tôi, tui, t, tao, tau, ta, tớ, chị, anh, cô, chú, bác, con, cháu, bên em, bên mình"""
TITLES: Final = "chị, anh, cô, chú, bác"
SELF_PAIRS: Final = """
    vợ chồng, người đặt, ng đặt, người mua, ng mua, người gửi, ng gửi, mẹ bé, bố bé, má bé, ba bé, mẹ cu, mẹ của bé,
    call me, text me, số mình, số em, số e"""
# Somebody else. WITH_SELF only together with a word of SELF: "bạn em", "ba mình". AWAY may stand in between.
OTHERS: Final = """
    chồng, ox, vk, vợ, bx, ông xã, bà xã, mẹ, bố, má, thầy bu, chị gái, em gái, anh trai, em trai, con gái, con
    trai, con rể, con dâu, em dâu, em rể, em chồng, em vợ, chị chồng, anh hai, chị hai, anh cả, chị cả, em họ, anh
    họ, chị họ, cháu gái, cháu trai, cháu nội, cháu ngoại, bà ngoại, bà nội, ông ngoại, ông nội, bạn gái, bạn trai,
    bạn thân, bạn cùng phòng, bạn học, nhỏ bạn, đứa bạn, thằng bạn, con bạn, người yêu, ny, người nhà, người thân,
    người quen, hàng xóm, thông gia, đồng nghiệp, sếp, bảo vệ, lễ tân, shipper, anh ship, bên ship, bạn ship, grab,
    nhân viên, nvien, nv, thư ký, trợ lý, kế toán, thủ kho, thủ quỹ, bạn kỹ thuật, anh kỹ thuật, bên kỹ thuật, bạn tư
    vấn, bạn sale, lớp trưởng, trưởng nhóm, trưởng phòng, quản lý, giám đốc, tài xế, lái xe, bác tài, nhà xe, chành
    xe, chành, xe khách, xe ôm, thợ, kỹ thuật viên, giúp việc, cô giáo, thầy giáo, giáo viên, chủ nhà, dì, mợ, thím,
    cậu, mẹ chồng, mẹ vợ, má chồng, má vợ, bố chồng, bố vợ, ba chồng, ba vợ, ông chủ, bà chủ, chị chủ, anh chủ, chị
    dâu, anh rể, phụ huynh, số shop, của shop, zalo shop, đối tác, họ hàng"""
OTHERS_WITH_SELF: Final = "ck, bạn, ba, ma, ông, đứa, nhóc, sếp, cậu, dì, mợ, khách, thằng, nhỏ, thầy, o, học trò"
# Who was named before: only with the word for a number or a call right before them: "số ổng 0912…", "gọi nó 0912…".
PRONOUNS: Final = """
    ổng, bả, ảnh, cổ, chỉ, nó, hắn, họ, ẻm, ngoại, nội, anh ấy, chị ấy, bạn ấy, cô ấy, ông ấy, bà ấy, em ấy, cậu ấy,
    bác ấy, người ấy, người đó, bạn đó, anh đó, chị đó, bạn kia, anh kia, anh ý, chị ý, bạn ý, cháu nó"""
NUMBER_OR_CALL: Final = "số, sđt, sdt, đt, zalo, gọi, gọi cho, số của, sđt của, số dt, alo, liên hệ"
AWAY: Final = "công ty, cty, nhà, cơ quan, văn phòng, chung cư, phòng, lớp, cửa, bên, kho"  # "lễ tân công ty em"
# Somebody, when they were given something before: "gửi tặng cô giáo, số cô 0912…", "o Lành nhận, số o 0912…".
GIVEN_TO: Final = "cô, chú, bác, cậu, mợ, dì, thím, o, bà, ông, nhỏ, chị, anh, cháu, con, thầy"
GIVING: Final = """
    nhận, giao, gửi, biếu, tặng, đưa, đặt dùm, đặt giùm, đặt hộ, đặt giúp, mua dùm, mua giùm, mua hộ"""
# "giao cho bạn Vy 0912…", "đưa anh Bình 0912…": a name follows.
HANDING: Final = """
    giao, giao cho, gửi, gửi cho, ship cho, đưa, đưa cho, chuyển cho,
    chuyển hàng cho, tặng cho, biếu, tặng, nhận thay, nhận hộ"""
NOT_TO_CALL: Final = "đừng gọi, đừng gọi cho, đừng nhắn, đừng alo, khỏi gọi, không gọi, k gọi, ko gọi, đừng gọi số"
NOT_REACHED: Final = """
    không ai nghe, k ai nghe, ko ai nghe, không nghe, k nghe, không được, k được, ko được, không bắt máy, k bắt máy,
    hoài, mãi, suốt, thuê bao, không liên lạc được, không ai bắt máy"""
# Somebody else, and one of these around: whoever receives the goods.
DELIVERY: Final = "nhận, giao, ship, gửi, biếu, tặng, đưa, chuyển cho, chuyển hàng"
RECIPIENT: Final = """
    người nhận, ng nhận, nhận hàng, giao hàng gọi, nhà nhận, người lấy, nhận hộ, nhận giúp, nhận giùm, nhận thay,
    nhận dùm, đối tác nhận"""
FORM_OF_RECIPIENT: Final = "người nhận, ng nhận, tên người nhận, thông tin người nhận, nhận hàng"
FORM_OF_WRITER: Final = "người đặt, ng đặt, người mua, ng mua, người gửi, ng gửi"

# Whoever called the writer: "gọi em bằng số 0912…", "bị số 0912… lừa", "cho hỏi số 0912… có phải shop".
CALLED_BY: Final = "bằng số, từ số, bằng, từ, bằng zalo"
ASKED: Final = """
    có số, có số lạ, bị số, bị, hỏi số, hỏi số này, chủ số, ai dùng số, ai đó dùng số, đừng gọi số, đừng gọi, bên
    shop"""
STRANGER: Final = """
    có phải, phải không, phải k, phải ko, phải hông, gọi bảo, gọi kêu, gọi đòi, gọi nói, gọi báo, gọi lừa, gọi xưng,
    kêu em, kêu mình, lừa, lừa đảo, giả làm, giả danh, tự xưng, mạo danh, là của shop, là của ai, là shop, của ai,
    của shop, là ai"""
# "0912… nhắn em bảo là shop", "0912… gọi em nói là bên giao hàng": a few words in between.
REACHING: Final = "gọi, nhắn, nhắn tin, điện, kết bạn, kb"
PRETENDING: Final = "bảo là, nói là, xưng là, kêu là, nhận là, bảo bên, nói bên, link lạ, lừa, giả danh, đe doạ"
# What may stand between a number and what is said of it afterwards; POINTING: then a lone word says whose it is.
AFTER_FILLERS: Final = "là, đây, nè, số, sđt, đt, của, này, thì, đó, nha, nhé, a, ạ, và, có, cô, phải"
POINTING: Final = "là, số, sđt, đt, của"

LEADING: Final = "là, này, thì, đây, tên, nhé, nha, nè"  # from a word to its number
NAMED: Final = "ảnh, nó, ổng, bả, cổ"  # "ảnh tên Đạt 0912…"
OLDER_WRITER: Final = "tôi, tui"  # then "số cháu" is not the writer's

# Taken back: nobody's number any more. WRONG after it, NOT_THIS before it.
WRONG: Final = """
    nhầm, lộn, sai, thiếu, bỏ, bỏ số, bỏ đi, không dùng nữa, không xài nữa, k dùng nữa, k xài nữa, ko dùng nữa, ko
    xài nữa, hết dùng, hết xài, mất rồi, bị mất, mất sim, huỷ rồi, khoá rồi, bị khoá"""
WRONG_FILLERS: Final = """
    à, ạ, ý, ấy, chết, thôi, xin lỗi, sorry, ủa, uh, ờ, quên, là, bị, số, này, đó, em, e, mình, ghi, gõ, nhập, thì,
    trên"""
NOT_THIS: Final = "bỏ số, bỏ, không phải, không phải số, đừng lưu số, xoá số"

# The commonest first: a rule is known to be needed by the rarest word of its phrases.
EVERYDAY: Final = """
    số, em, e, cho, nha, shop, sđt, đt, mình, có, anh, chị, này, là, của, k, nhé, lấy, giúp, ko, không, bên, nhà, đặt,
    mua, hai, dùng, gọi, zalo, nghe, được, hàng, qua, vào, con, điện, báo, tin, chữ, sim, tới, máy, làm, rồi, đó, bạn,
    học, ty, ơi, ship, người"""

NEEDS_MARKS: Final = """
    dì, cậu, mợ, thẻ, lô, giá, cô, vé, má, ảnh, cổ, chỉ, nó, họ, hắn, nội, ngoại, thợ, bả, ổng, ẻm, ý, từ, bị, bỏ, nhỏ,
    thầy, ngày, tổng"""
