/** Every key of the console, once: what is bound, what `?` lists, what tooltips show. */

export const KEYMAP = {
  next: { keys: "j", group: "list" },
  previous: { keys: "k", group: "list" },
  open: { keys: "enter", group: "list" },
  search: { keys: "alt+f", group: "list" },
  narrow: { keys: "f", group: "list" },
  reply: { keys: "r", group: "conversation" },
  accept: { keys: "a", group: "conversation" },
  decline: { keys: "x", group: "conversation" },
  note: { keys: "n", group: "conversation" },
  transfer: { keys: "t", group: "conversation" },
  snooze: { keys: "s", group: "conversation" },
  resolve: { keys: "e", group: "conversation" },
  disposition: { keys: "d", group: "conversation" },
  reopen: { keys: "o", group: "conversation" },
  release: { keys: "l", group: "conversation" },
  customer: { keys: "p", group: "conversation" },
  undo: { keys: "z", group: "conversation" },
  goMine: { keys: "g m", group: "pages" },
  goWaiting: { keys: "g w", group: "pages" },
  goAll: { keys: "g a", group: "pages" },
  goClosed: { keys: "g d", group: "pages" },
  goSuggestions: { keys: "g u", group: "pages" },
  goAdmin: { keys: "g s", group: "pages" },
  goTasks: { keys: "g r", group: "pages" },
  goTeam: { keys: "g t", group: "pages" },
  openCall: { keys: "c", group: "everywhere" },
  ready: { keys: "b", group: "everywhere" },
  palette: { keys: "mod+k", group: "everywhere" },
  help: { keys: "?", group: "everywhere" },
  leave: { keys: "escape", group: "everywhere" },
} as const satisfies Record<string, { keys: string; group: string }>;

export type Action = keyof typeof KEYMAP;
export type Group = (typeof KEYMAP)[Action]["group"];

export const GROUPS: readonly Group[] = ["list", "conversation", "pages", "everywhere"];
