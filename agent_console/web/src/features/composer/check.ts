/** May this draft leave, through this channel? Pure; the sentence is made where it is shown. */
import type { Draft } from "@/features/composer/drafts";
import type { AttachmentKind, ReplyOption } from "@/lib/api/types";
import { characters } from "@/lib/format/text";

export const FILES_MAX = 10; // ReplyIn.attachments

export type Fault =
  | { readonly kind: "empty" | "uploading" | "uploadFailed" | "noWay" }
  | { readonly kind: "refused" }
  | { readonly kind: "tooLong"; readonly over: number }
  | { readonly kind: "tooManyFiles"; readonly max: number }
  | { readonly kind: "fileKind"; readonly name: string; readonly fileKind: AttachmentKind }
  | { readonly kind: "fileSize"; readonly name: string; readonly max: number };

/** The way chosen by hand while it exists, else the preferred one that works, else any that works, else the preferred. */
export function chooseOption(options: readonly ReplyOption[], identityId: string | null): ReplyOption | undefined {
  const open = options.filter((option) => option.refused === null);
  return (
    options.find((option) => option.identity_id === identityId) ??
    open.find((option) => option.preferred) ??
    open[0] ??
    options.find((option) => option.preferred) ??
    options[0]
  );
}

/** The first thing that stands in the way; null when nothing does. */
export function checkDraft(draft: Draft, option: ReplyOption | undefined): Fault | null {
  if (option === undefined) return { kind: "noWay" };
  if (option.refused !== null) return { kind: "refused" };
  if (draft.text.trim() === "" && draft.files.length === 0) return { kind: "empty" };
  const over = characters(draft.text.trim()) - option.text_chars_max;
  if (over > 0) return { kind: "tooLong", over };
  return checkFiles(draft, option);
}

function checkFiles(draft: Draft, option: ReplyOption): Fault | null {
  if (draft.files.length > FILES_MAX) return { kind: "tooManyFiles", max: FILES_MAX };
  for (const { file, upload, problem } of draft.files) {
    if (problem !== null) return { kind: "uploadFailed" };
    const fileKind = upload?.kind ?? kindOf(file);
    const max = option.attachments[fileKind];
    if (max === undefined) return { kind: "fileKind", name: file.name, fileKind };
    if (file.size > max) return { kind: "fileSize", name: file.name, max };
    if (upload === null) return { kind: "uploading" };
  }
  return null;
}

/** A guess until the hub has seen the content. */
function kindOf(file: Pick<File, "type">): AttachmentKind {
  const family = file.type.split("/")[0];
  return family === "image" || family === "audio" || family === "video" ? family : "file";
}
