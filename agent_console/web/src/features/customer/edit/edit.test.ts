import { describe, expect, it } from "vitest";
import { keyOf } from "@/features/admin/attributes";
import { split } from "@/features/customer/edit/api";
import { day } from "@/lib/format/text";

describe("What staff type", () => {
  it("is an address when it has an at sign, and else a number", () => {
    expect(split(["0912 345 678", "hoa@example.vn", "+84987123456"])).toEqual({
      phones: ["0912 345 678", "+84987123456"],
      emails: ["hoa@example.vn"],
    });
  });

  it("becomes the key of an attribute that the hub takes", () => {
    expect(keyOf("Hạng khách hàng")).toBe("hang_khach_hang");
    expect(keyOf("1. Đường / phố ")).toBe("duong_pho");
    expect(keyOf("x".repeat(60))).toHaveLength(40);
  });
});

describe("A day", () => {
  it("is written as people here write it, and nothing else is touched", () => {
    expect(day("1990-11-17")).toBe("17/11/1990");
    expect(day("17 November")).toBe("17 November");
  });
});
