import i18next, { type TFunction } from "i18next";
import { beforeEach, describe, expect, it } from "vitest";
import { Problem } from "@/lib/api/problems";
import { startI18n, switchLocale } from "@/lib/i18n/i18n";
import { makeWords, type Words } from "@/lib/i18n/words";

let words: Words;
const now = Date.parse("2026-11-17T02:00:00Z");

async function speak(locale: "vi" | "en") {
  await switchLocale(locale);
  words = makeWords(i18next.t as TFunction, (key) => i18next.exists(key));
}

beforeEach(async () => {
  await startI18n("vi");
  await speak("vi");
});

const WHO_IS_WHO = {
  merge: ["by_agent", "by_policy", "suggestion_accepted", "same_phone.attested", "same_phone.claimed"].concat([
    "same_email.attested",
    "same_email.claimed",
    "same_user.attested",
  ]),
  split: ["by_agent", "by_policy"],
  move: ["by_agent"],
  undo: ["by_agent", "by_policy"],
  suggest: ["anonymous_claim", "several_owners", "different_names", "shared", "recycled", "claim_chain"].concat([
    "same_account",
    "different_numbers",
    "many_numbers",
    "claims_off",
    "held_back",
    "not_counted",
  ]),
};

describe("explanations", () => {
  const same = {
    code: "merge.same_phone.claimed",
    params: { phone: "+84912345678", source_a: "message_text", source_b: "caller_id" },
  };

  it("say numbers and sources as people do", () => {
    expect(words.explanation(same)).toBe(
      "vì cùng số 0912\u00a0345\u00a0678, do khách tự khai (khách nhắn trong hội thoại; số gọi đến)",
    );
  });

  it("are complete in English", async () => {
    await speak("en");
    expect(words.explanation(same)).toBe(
      "same number 0912\u00a0345\u00a0678, as claimed (written in a message; caller ID)",
    );
  });

  it("stand alone as a sentence", () => {
    expect(words.reason({ code: "route.taken", params: { agent: "Lan" } })).toBe("Lan tự nhận từ hàng đợi.");
  });

  it("give spans of time in words", () => {
    const params = { agent: "Lan", other: "Thảo", load: 2, capacity: 5, idle_s: 340 };
    expect(words.explanation({ code: "route.longest_idle", params })).toContain("5 ph 40 giây");
  });

  it("name the suggestion that an agent accepted, and a reason where there is one", () => {
    const params = {
      kind: "phone",
      value: "+84912345678",
      suggestion: "suggest.anonymous_claim",
      reason: "chị gọi xác nhận",
    };
    expect(words.explanation({ code: "merge.suggestion_accepted", params })).toBe(
      "nhân viên đồng ý gợi ý gộp (khách vãng lai trên web tự khai 0912\u00a0345\u00a0678, chưa có gì chứng thực): chị gọi xác nhận",
    );
    expect(words.explanation({ code: "merge.by_agent", params: { reason: null } })).toBe(
      "nhân viên xác nhận là cùng một người",
    );
  });

  it("have a whole sentence for every code in both languages", async () => {
    const params = {
      phone: "+84912345678",
      email: "hoa@example.com",
      user: "KH-17",
      kind: "phone",
      value: "+84912345678",
      source_a: "message_text",
      source_b: "caller_id",
      source: "message_text",
      strength: "claimed",
      owners: 2,
      identities: 7,
      silent_days: 120,
      claimed: 5,
      name_a: "Hoà",
      name_b: "Tuấn",
      reason: "đã gọi lại",
      rule: "merge.same_phone.claimed",
      because: "suggest.shared",
      suggestion: "suggest.anonymous_claim",
    };
    for (const locale of ["vi", "en"] as const) {
      await speak(locale);
      for (const [group, codes] of Object.entries(WHO_IS_WHO)) {
        for (const code of codes) {
          const said = words.reason({ code: `${group}.${code}`, params });
          expect(said, code).not.toMatch(/[{}]|undefined|explain\.|merge\.|suggest\./);
          expect(said.length, code).toBeGreaterThan(12);
        }
      }
    }
  });

  it("say what changed rules made of a join", () => {
    const params = { kind: "phone", value: "+84912345678", identities: 7, because: "suggest.shared" };
    expect(words.reason({ code: "split.by_policy", params })).toBe(
      "Quy tắc gộp đã thay đổi: 0912\u00a0345\u00a0678 có ở 7 danh tính, có thể dùng chung.",
    );
  });

  it("of a newer hub are admitted, not hidden", () => {
    expect(words.explanation({ code: "merge.by_magic", params: {} })).toContain("merge.by_magic");
  });
});

describe("problems", () => {
  it("say what to do", () => {
    expect(words.problem(new Problem({ status: 409, code: "at_capacity" }))).toMatch(/Hoàn tất hoặc trả lại/);
    expect(words.problem(new Problem({ status: 0, code: "unreachable" }))).toMatch(/Kiểm tra mạng/);
    expect(words.problem(new Problem({ status: 429, code: "sign_in_slowed", retryAfterS: 12.2 }))).toContain("13 giây");
  });

  it("fall back on the status, then on what the hub said", () => {
    expect(words.problem(new Problem({ status: 503, code: "brand_new" }))).toMatch(/Máy chủ đang bận/);
    expect(words.problem(new Problem({ status: 422, code: "brand_new", detail: "Say it in words." }))).toContain(
      "Say it in words.",
    );
    expect(words.problem(new Problem({ status: 500, code: "failed", reference: "ab12" }))).toContain("ab12");
  });
});

describe("times", () => {
  it("are relative up to a day", () => {
    expect(words.ago("2026-11-17T01:30:00Z", now)).toBe("30 ph");
    expect(words.ago("2026-11-16T01:00:00Z", now)).toBe("Hôm qua");
    expect(words.ago("2026-11-10T01:00:00Z", now)).toBe("10/11");
  });

  it("name days in the language", async () => {
    expect(words.day("2026-11-14T03:00:00Z", now)).toBe("Thứ Bảy 14/11");
    expect(words.day("2026-11-17T03:00:00Z", now)).toBe("Hôm nay");
    await speak("en");
    expect(words.day("2026-11-14T03:00:00Z", now)).toBe("Saturday 14/11");
  });

  it("measure calls", () => {
    expect(words.span(252)).toBe("4 ph 12 giây");
    expect(words.span(3725)).toBe("1 giờ 2 ph");
    expect(words.span(0)).toBe("0 giây");
  });
});
