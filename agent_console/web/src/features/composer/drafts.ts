/** What is being written, per conversation, while the tab lives.
 *
 * The words outlive loading the page anew, in this tab's own storage and for this agent alone: it is about customers,
 * so signing out, and whoever signs in next, removes them. Files do not: the browser asks before it drops those.
 */
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

const STORED = "onethread.drafts";
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
  store();
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
  writer = null;
  stored()?.removeItem(STORED);
}

let writer: string | null = null; // whose drafts these are; until somebody is known, nothing is stored

/** What this agent had half written here before the page was loaded. */
export function recallDrafts(agentId: string): void {
  if (writer === agentId) return;
  writer = agentId;
  const { by, words } = read();
  if (by !== agentId) {
    stored()?.removeItem(STORED);
    return;
  }
  for (const [conversationId, text] of words) {
    if (draftOf(conversationId).text === "") changeDraft(conversationId, { text });
  }
}

function store(): void {
  if (writer === null) return;
  const words = [...useDrafts.getState().drafts].flatMap(([id, { text }]) => (text.trim() === "" ? [] : [[id, text]]));
  try {
    stored()?.setItem(STORED, JSON.stringify({ by: writer, words }));
  } catch {
    console.warn("drafts: this tab's storage is full");
  }
}

function read(): { by: string | null; words: [string, string][] } {
  try {
    const found: unknown = JSON.parse(stored()?.getItem(STORED) ?? "null");
    if (isStored(found)) return found;
  } catch {
    // somebody wrote something else there
  }
  return { by: null, words: [] };
}

function isStored(found: unknown): found is { by: string; words: [string, string][] } {
  if (typeof found !== "object" || found === null || !("by" in found) || !("words" in found)) return false;
  const isWords = (pair: unknown) =>
    Array.isArray(pair) && pair.length === 2 && pair.every((v) => typeof v === "string");
  return typeof found.by === "string" && Array.isArray(found.words) && found.words.every(isWords);
}

function stored(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null; // storage is off
  }
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
