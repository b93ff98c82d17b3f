import { describe, expect, it } from "vitest";
import { isSendKey } from "@/features/composer/Composer";
import { checkDraft, chooseOption } from "@/features/composer/check";
import type { Draft, DraftFile } from "@/features/composer/drafts";
import { Problem } from "@/lib/api/problems";
import { anOption, id } from "@/testing/builders";

const draft = (fields: Partial<Draft> = {}): Draft => ({ text: "Dạ", identityId: null, files: [], ...fields });

function file(name: string, type: string, size: number, fields: Partial<DraftFile> = {}): DraftFile {
  const upload = { blob: "b", kind: "image" as const, name, mime: type, size_bytes: size };
  return { id: id(), file: { name, type, size } as File, previewUrl: null, upload, problem: null, ...fields };
}

describe("the way a reply goes", () => {
  const zalo = anOption({ preferred: true });
  const facebook = anOption({ channel: "facebook", preferred: false });
  const shut = { refused: { code: "reply.window_over", params: { hours: 24 } } };

  it("is the one the customer wrote on last", () => expect(chooseOption([facebook, zalo], null)).toBe(zalo));
  it("is the one the agent chose", () => expect(chooseOption([zalo, facebook], facebook.identity_id)).toBe(facebook));
  it("is another one when the first is shut", () =>
    expect(chooseOption([{ ...zalo, ...shut }, facebook], null)).toBe(facebook));
  it("is shown with its reason when all are shut", () => {
    const only = { ...zalo, ...shut };
    expect(chooseOption([only], null)).toBe(only);
    expect(checkDraft(draft(), only)).toEqual({ kind: "refused" });
  });
  it("may be missing altogether", () => expect(checkDraft(draft(), chooseOption([], null))).toEqual({ kind: "noWay" }));
});

describe("a draft", () => {
  const option = anOption({ text_chars_max: 5, attachments: { image: 1000 } });

  it("may leave when nothing is wrong", () => expect(checkDraft(draft(), option)).toBeNull());
  it("needs words or a file", () => expect(checkDraft(draft({ text: "  \n" }), option)).toEqual({ kind: "empty" }));
  it("is counted in characters, not in halves of emoji", () => {
    expect(checkDraft(draft({ text: "👍👍👍👍👍" }), option)).toBeNull();
    expect(checkDraft(draft({ text: "sáu ký tự" }), option)).toEqual({ kind: "tooLong", over: 4 });
  });
  it("waits for its files", () =>
    expect(checkDraft(draft({ files: [file("a.png", "image/png", 9, { upload: null })] }), option)).toEqual({
      kind: "uploading",
    }));
  it("says which file failed, is too large, or is of a kind the channel does not take", () => {
    const failed = file("a.png", "image/png", 9, { upload: null, problem: new Problem({ status: 413, code: "x" }) });
    expect(checkDraft(draft({ files: [failed] }), option)).toEqual({ kind: "uploadFailed" });
    expect(checkDraft(draft({ files: [file("a.png", "image/png", 1001)] }), option)).toEqual({
      kind: "fileSize",
      name: "a.png",
      max: 1000,
    });
    const pdf = file("a.pdf", "application/pdf", 9, { upload: null });
    expect(checkDraft(draft({ files: [pdf] }), option)).toEqual({ kind: "fileKind", name: "a.pdf", fileKind: "file" });
  });
  it("carries ten files at most", () => {
    const files = Array.from({ length: 11 }, (_, n) => file(`${n}.png`, "image/png", 9));
    expect(checkDraft(draft({ files }), option)).toEqual({ kind: "tooManyFiles", max: 10 });
  });
});

describe("Enter", () => {
  const enter = { key: "Enter", shiftKey: false, isComposing: false, keyCode: 13 };
  it("sends", () => expect(isSendKey(enter)).toBe(true));
  it("breaks the line with Shift", () => expect(isSendKey({ ...enter, shiftKey: true })).toBe(false));
  it("never sends a half composed word", () => {
    expect(isSendKey({ ...enter, isComposing: true })).toBe(false);
    expect(isSendKey({ ...enter, keyCode: 229 })).toBe(false);
  });
});
