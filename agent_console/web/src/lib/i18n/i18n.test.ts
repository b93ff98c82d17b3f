import i18next from "i18next";
import { beforeEach, describe, expect, it } from "vitest";
import { loadWords, startI18n, switchLocale } from "@/lib/i18n/i18n";

beforeEach(() => startI18n("vi"));

describe("words of pages that are loaded when first opened", () => {
  it("are there before the page is, beside those of the first screen", async () => {
    await loadWords("admin");
    expect(i18next.t("plan.discard")).toBe("Bỏ thay đổi");
    expect(i18next.t("action.save")).toBe("Lưu");
  });

  it("are there in the other language before it is spoken", async () => {
    await loadWords("admin");
    await switchLocale("en");
    expect(i18next.t("plan.discard")).toBe("Discard changes");
  });

  it("are there in both when the language changes while they load", async () => {
    await Promise.all([switchLocale("en"), loadWords("admin")]);
    expect(i18next.language).toBe("en");
    expect(i18next.t("plan.discard")).toBe("Discard changes");
  });
});

it("of two languages chosen one after the other, the last is spoken", async () => {
  await Promise.all([switchLocale("en"), switchLocale("vi")]);
  expect(i18next.language).toBe("vi");
  expect(document.documentElement.lang).toBe("vi");
});
