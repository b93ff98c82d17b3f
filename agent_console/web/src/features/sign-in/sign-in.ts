/** Opens and ends a sign-in. The cookie is the browser's business; we keep the CSRF token only. */
import { api } from "@/lib/api/client";
import type { Me } from "@/lib/api/types";

export function signIn(login: string, password: string): Promise<Me> {
  return api.POST("/api/v1/sign-in", { body: { login, password } });
}
