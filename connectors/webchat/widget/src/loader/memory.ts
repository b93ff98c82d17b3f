/** What the page's browser remembers for us. Where storage is forbidden, only until the page is left. */

const memory = new Map<string, string>();

function place(kind: "local" | "session"): Storage {
  return kind === "local" ? localStorage : sessionStorage;
}

export function recall(kind: "local" | "session", name: string): string | undefined {
  try {
    return place(kind).getItem(`hubchat:${name}`) ?? memory.get(name);
  } catch {
    return memory.get(name);
  }
}

export function keep(kind: "local" | "session", name: string, value: string): void {
  memory.set(name, value);
  try {
    place(kind).setItem(`hubchat:${name}`, value);
  } catch {
    // forbidden or full
  }
}

export function forget(kind: "local" | "session", name: string): void {
  memory.delete(name);
  try {
    place(kind).removeItem(`hubchat:${name}`);
  } catch {
    // forbidden: there is nothing
  }
}
