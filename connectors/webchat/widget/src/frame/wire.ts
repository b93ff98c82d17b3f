/** What travels between the widget and the hub: the shapes of connectors/webchat/wire.py. */

export interface Both {
  vi: string;
  en: string;
}

export interface Texts {
  colours: { accent: string; on_accent: string; accent_on_light: string; accent_on_dark: string };
  theme: "auto" | "light" | "dark";
  locale: "auto" | "vi" | "en";
  title: Both;
  greeting: Both;
  expectation: Both;
  consent: Both;
  topics: { vi: string[]; en: string[] };
  consent_version: string;
  privacy_url: string;
  prechat: "off" | "optional" | "required";
  prechat_phone: "off" | "optional" | "required";
  uploads: boolean;
}

export interface File {
  kind: "image" | "audio" | "video" | "file" | "sticker" | "location" | "contact" | "link";
  name?: string;
  mime?: string;
  size_bytes?: number;
  url?: string;
}

export interface Message {
  id: string;
  seq: number;
  author: { kind: "visitor" | "agent" | "system"; name?: string };
  created_at: string;
  text?: string;
  attachments: File[];
  client_id?: string;
  edited: boolean;
  hidden: boolean;
}

export interface Sync {
  messages: Message[];
  last_seq: number;
  has_more: boolean;
  seen_seq: number;
}

export interface Boot {
  token: string;
  access: string;
  widget: Texts;
  /** `mark` tells the visitors of one browser apart. */
  visitor: { mark: string; verified: boolean; known: boolean; resumed: boolean };
  messages: Message[];
  last_seq: number;
  seen_seq: number;
  unread: number;
}

export interface Ack {
  ok: boolean;
  code?: string;
  retry_after?: number;
  id?: string;
  created_at?: string;
}

export interface Page {
  url: string;
  title: string;
  referrer: string;
}

export const TEXT_MAX_CHARS = 4000;
export const FILE_BYTES_MAX = 25 * 1024 * 1024;
export const IMAGE_BYTES_MAX = 10 * 1024 * 1024;
