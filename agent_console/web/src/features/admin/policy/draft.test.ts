import { describe, expect, it } from "vitest";
import { accountRule, modeOf, sameRules, withAccount, withExpiry, withStrength } from "@/features/admin/policy/draft";
import { USUAL_RULES as usual } from "@/testing/builders";

describe("rules while they are edited", () => {
  it("say nothing where the usual holds", () => {
    const strict = withStrength(usual, "claimed", "suggest");
    expect(modeOf(strict.strengths, "claimed")).toBe("suggest");
    expect(modeOf(strict.strengths, "attested")).toBe("merge");
    expect(withStrength(strict, "claimed", "merge")).toEqual(usual);
  });

  it("forget an account that is as every other", () => {
    const other = withAccount(usual, { account_id: "fanpage", claims: "ignore", lasting: null });
    expect(accountRule(other, "fanpage").claims).toBe("ignore");
    expect(withAccount(other, { ...accountRule(other, "fanpage"), claims: "merge" })).toEqual(usual);
  });

  it("are equal whatever the order of their parts", () => {
    expect(sameRules(usual, { ...usual, lasting_channels: ["zalo", "facebook"] })).toBe(true);
    expect(sameRules(usual, withExpiry(usual, "claimed", null))).toBe(false);
    expect(sameRules(usual, withExpiry(withExpiry(usual, "claimed", null), "claimed", 730))).toBe(true);
  });
});
