/** The hub over HTTP. */
import type { Boot, Message, Page } from "./wire";

const TIMEOUT_MS = 15_000;
const UPLOAD_MS = 90_000;

/** `code` as the hub said it; "offline" when it was not reached. */
export class Refused extends Error {
  readonly code: string;
  readonly answer: { challenge?: string; bits?: number };

  constructor(code: string, answer: { challenge?: string; bits?: number } = {}) {
    super(code);
    this.code = code;
    this.answer = answer;
  }
}

export interface Asking {
  key: string;
  token?: string;
  user_jwt?: string;
  page: Page;
  locale: string;
  proof?: { challenge: string; nonce: string };
}

export function boot(asking: Asking): Promise<Boot> {
  return request("POST", "boot", { json: asking });
}

export interface Form {
  client_id: string;
  name?: string;
  phone?: string;
  consent_version: string;
  page_url: string;
}

export async function introduce(access: string, form: Form, locale: string): Promise<void> {
  await request("POST", `profile?locale=${locale}`, { json: form, access });
}

export async function older(access: string, before: number): Promise<Message[]> {
  return (await request<{ messages: Message[] }>("GET", `messages?before_seq=${before}`, { access })).messages;
}

export async function upload(access: string, name: string, body: Blob): Promise<string> {
  const path = `uploads?name=${encodeURIComponent(name)}`;
  return (await request<{ upload_id: string }>("POST", path, { body, access }, UPLOAD_MS)).upload_id;
}

async function request<T>(
  method: string,
  path: string,
  what: { json?: unknown; body?: Blob; access?: string },
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const headers: Record<string, string> = {};
  if (what.access) headers.Authorization = `Bearer ${what.access}`;
  if (what.json) headers["Content-Type"] = "application/json";
  const body = what.json ? JSON.stringify(what.json) : what.body;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`/w/v1/${path}`, { method, headers, signal, ...(body ? { body } : {}) });
    const answer = await response.json();
    if (response.ok) return answer as T;
    throw new Refused(String(answer.code), answer);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("offline");
  }
}
