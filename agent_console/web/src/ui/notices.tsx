/** Short news about things that are elsewhere, with a way back for five seconds. Never for what is on the screen. */
import { create } from "zustand";
import { Button } from "@/ui/Button";
import css from "@/ui/notices.module.css";

export const UNDO_MS = 5000;
const AT_ONCE_MAX = 3;

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "bad";
  readonly action?: { readonly label: string; readonly shortcut?: string; readonly run: () => void };
}

const useNotices = create<{ readonly notices: readonly Notice[] }>(() => ({ notices: [] }));
let last = 0;

export function notify(notice: Omit<Notice, "id" | "tone"> & { tone?: Notice["tone"] }): void {
  last += 1;
  const made: Notice = { tone: "plain", ...notice, id: last };
  useNotices.setState(({ notices }) => ({ notices: [...notices, made].slice(-AT_ONCE_MAX) }));
  setTimeout(() => dismiss(made.id), made.tone === "bad" ? 2 * UNDO_MS : UNDO_MS);
}

function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

/** Does what the newest notice offers. False when there is none. */
export function runNewestAction(): boolean {
  const notice = useNotices.getState().notices.findLast((candidate) => candidate.action !== undefined);
  if (!notice?.action) return false;
  dismiss(notice.id);
  notice.action.run();
  return true;
}

export function Notices() {
  const notices = useNotices((state) => state.notices);
  return (
    <div className={css.notices} role="status" aria-live="polite">
      {notices.map((notice) => (
        <div key={notice.id} className={css.notice} data-tone={notice.tone}>
          <span>{notice.text}</span>
          {notice.action && <Action notice={notice} />}
        </div>
      ))}
    </div>
  );
}

function Action({ notice }: { notice: Notice }) {
  const { action } = notice;
  if (!action) return null;
  const run = () => {
    dismiss(notice.id);
    action.run();
  };
  return (
    <Button size="s" kind="quiet" onClick={run} {...(action.shortcut && { shortcut: action.shortcut })}>
      {action.label}
    </Button>
  );
}
