import { afterEach, describe, expect, it, vi } from "vitest";

const STORED = "onethread.drafts";

/** The module as a page that was just loaded has it. */
async function loaded() {
  vi.resetModules();
  return import("@/features/composer/drafts");
}

afterEach(() => sessionStorage.clear());

describe("words half written", () => {
  it("are there again after loading the page anew", async () => {
    const before = await loaded();
    before.recallDrafts("lan");
    before.changeDraft("c1", { text: "Dạ khoảng hai" });
    const after = await loaded();
    after.recallDrafts("lan");
    expect(after.draftOf("c1").text).toBe("Dạ khoảng hai");
  });

  it("are gone once they were sent", async () => {
    const before = await loaded();
    before.recallDrafts("lan");
    before.changeDraft("c1", { text: "Dạ" });
    before.clearDraft("c1");
    const after = await loaded();
    after.recallDrafts("lan");
    expect(after.hasDrafts()).toBe(false);
  });

  it("are nobody else's", async () => {
    const before = await loaded();
    before.recallDrafts("lan");
    before.changeDraft("c1", { text: "riêng của Lan" });
    const after = await loaded();
    after.recallDrafts("minh");
    expect(after.hasDrafts()).toBe(false);
    expect(sessionStorage.getItem(STORED)).toBeNull();
  });

  it("are removed when the agent signs out", async () => {
    const drafts = await loaded();
    drafts.recallDrafts("lan");
    drafts.changeDraft("c1", { text: "Dạ" });
    drafts.forgetDrafts();
    expect(sessionStorage.getItem(STORED)).toBeNull();
  });

  it("survive whatever else stands in the storage", async () => {
    for (const odd of ["{", "[]", '{"by":1}', '{"by":"lan","words":[["c1"]]}', '{"by":"lan","words":{}}']) {
      sessionStorage.setItem(STORED, odd);
      const drafts = await loaded();
      drafts.recallDrafts("lan");
      expect(drafts.hasDrafts()).toBe(false);
    }
  });
});
