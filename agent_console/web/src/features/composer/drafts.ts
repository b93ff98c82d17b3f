/** What is being written, per conversation, while the tab lives. Never stored: it is about customers. */
import { create } from "zustand";
import { upload } from "@/features/composer/upload";
import { asProblem, type Problem } from "@/lib/api/problems";
import type { Upload } from "@/lib/api/types";

export interface DraftFile {
  readonly id: string;
  readonly file: File;
  readonly previewUrl: string | null; // of pictures; revoked when the file leaves the draft
  readonly upload: Upload | null; // null while on its way
  readonly problem: Problem | null;
}

export interface Draft {
  readonly text: string;
  readonly identityId: string | null; // chosen by hand; null: whichever is best
  readonly files: readonly DraftFile[];
}

const EMPTY: Draft = { text: "", identityId: null, files: [] };

const useDrafts = create<{ readonly drafts: ReadonlyMap<string, Draft> }>(() => ({ drafts: new Map() }));

export function useDraft(conversationId: string): Draft {
  return useDrafts((state) => state.drafts.get(conversationId) ?? EMPTY);
}

export function draftOf(conversationId: string): Draft {
  return useDrafts.getState().drafts.get(conversationId) ?? EMPTY;
}

/** Something would be lost if the page closed now. */
export function hasDrafts(): boolean {
  return [...useDrafts.getState().drafts.values()].some((draft) => draft.text.trim() !== "" || draft.files.length > 0);
}

export function changeDraft(conversationId: string, change: Partial<Draft>): void {
  useDrafts.setState(({ drafts }) => ({
    drafts: new Map(drafts).set(conversationId, { ...(drafts.get(conversationId) ?? EMPTY), ...change }),
  }));
}

/** After sending: text and files go, the chosen channel stays. */
export function clearDraft(conversationId: string): void {
  for (const file of draftOf(conversationId).files) release(file);
  changeDraft(conversationId, { text: "", files: [] });
}

/** Somebody else sits here now. */
export function forgetDrafts(): void {
  for (const draft of useDrafts.getState().drafts.values()) draft.files.forEach(release);
  useDrafts.setState({ drafts: new Map() });
}

/** Starts uploading at once, so that sending is quick. */
export function addFiles(conversationId: string, files: readonly File[]): void {
  const added = files.map(
    (file): DraftFile => ({
      id: crypto.randomUUID(),
      file,
      previewUrl: file.type.startsWith("image/") ? URL.createObjectURL(file) : null,
      upload: null,
      problem: null,
    }),
  );
  changeDraft(conversationId, { files: [...draftOf(conversationId).files, ...added] });
  for (const file of added) void carry(conversationId, file);
}

export function retryFile(conversationId: string, file: DraftFile): void {
  patchFile(conversationId, file.id, { problem: null });
  void carry(conversationId, file);
}

export function removeFile(conversationId: string, id: string): void {
  const { files } = draftOf(conversationId);
  for (const file of files) if (file.id === id) release(file);
  changeDraft(conversationId, { files: files.filter((file) => file.id !== id) });
}

async function carry(conversationId: string, { id, file }: DraftFile): Promise<void> {
  try {
    patchFile(conversationId, id, { upload: await upload(file), problem: null });
  } catch (error) {
    patchFile(conversationId, id, { problem: asProblem(error) });
  }
}

function patchFile(conversationId: string, id: string, change: Partial<DraftFile>): void {
  const { files } = draftOf(conversationId);
  if (!files.some((file) => file.id === id)) return; // removed meanwhile
  changeDraft(conversationId, { files: files.map((file) => (file.id === id ? { ...file, ...change } : file)) });
}

function release(file: DraftFile): void {
  if (file.previewUrl) URL.revokeObjectURL(file.previewUrl);
}
