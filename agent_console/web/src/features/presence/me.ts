/** What I change about myself. */
import type { QueryClient } from "@tanstack/react-query";
import { putMe } from "@/data/session";
import { api } from "@/lib/api/client";
import { type Locale, switchLocale } from "@/lib/i18n/i18n";

/** The screen changes at once; the hub remembers it for the next laptop, and if it cannot, this one still does. */
export async function changeLocale(client: QueryClient, locale: Locale): Promise<void> {
  await switchLocale(locale);
  try {
    putMe(client, await api.PATCH("/api/v1/me", { body: { locale } }));
  } catch {
    console.warn("me: the language was not stored with the account");
  }
}

export function signOut(): Promise<unknown> {
  return api.POST("/api/v1/sign-out").catch(() => undefined);
}
