/** Where one answers; or, when one cannot, why, and the way on. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/app/workspace/Foot.module.css";
import type { Panel } from "@/data/detail";
import type { View } from "@/data/keys";
import { useRows } from "@/data/rows";
import { useAgentName, useMe } from "@/data/session";
import { Composer } from "@/features/composer/Composer";
import { NoteWriter } from "@/features/composer/NoteWriter";
import type { ConversationState } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { mayReply } from "@/lib/permissions";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { useLive } from "@/live/context";
import { Key } from "@/ui/Key";

interface Props {
  row: ConversationState;
  panel: Panel | undefined;
  view: View;
}

export function Foot({ row, panel, view }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const agentName = useAgentName();
  const [mode, setMode] = useState<Mode>("reply");
  const answers = mayReply(me.agent, row);
  const isNote = mode === "note" || !answers;
  const isOpen = row.status !== "closed";
  useShortcut("note", () => setMode("note"), isOpen);
  useShortcut("reply", () => setMode("reply"), isOpen && answers && mode === "note");
  if (!isOpen) return <Closed row={row} view={view} />;
  const agent = agentName(row.owner_id ?? row.offered_to) ?? t("history.somebody");
  return (
    <div className={css.foot}>
      {answers ? <Modes mode={mode} onChange={setMode} /> : <p className={css.hint}>{t("foot.others", { agent })}</p>}
      {isNote ? (
        <NoteWriter key={row.id} row={row} isFocused={mode === "note"} />
      ) : (
        panel !== undefined && <Answer row={row} panel={panel} />
      )}
    </div>
  );
}

type Mode = "reply" | "note";

/** To the customer or to colleagues: two places that cannot be mistaken for each other. */
function Modes({ mode, onChange }: { mode: Mode; onChange: (mode: Mode) => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.modes} role="tablist" aria-label={t("foot.modes")}>
      {(["reply", "note"] as const).map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          aria-selected={mode === one}
          className={css.mode}
          onClick={() => onChange(one)}
        >
          {t(`foot.${one}`)}
          <Key name={KEYMAP[one].keys} />
        </button>
      ))}
    </div>
  );
}

function Answer({ row, panel }: { row: ConversationState; panel: Panel }) {
  const { t } = useTranslation();
  const me = useMe();
  const live = useLive();
  const agentName = useAgentName();
  const takesIt = row.status === "waiting" || row.status === "offered";
  const isForeign = !takesIt && row.owner_id !== me.agent.id;
  const owner = agentName(row.owner_id) ?? t("history.somebody");
  return (
    <Composer
      conversationId={row.id}
      options={panel.reply_options}
      hint={takesIt ? t("foot.takes") : isForeign ? t("foot.foreign", { agent: owner }) : null}
      onTyping={(on) => live.typing(row.id, on)}
    />
  );
}

function Closed({ row, view }: { row: ConversationState; view: View }) {
  const { t } = useTranslation();
  const rows = useRows();
  const newer = [...rows.values()].find((other) => other.customer_id === row.customer_id && other.status !== "closed");
  if (row.merged_into !== null) {
    return (
      <p className={css.bar}>
        {t("foot.merged")}{" "}
        <Link to={paths.conversation} params={{ view, conversationId: row.merged_into }}>
          {t("foot.openMerged")}
        </Link>
      </p>
    );
  }
  if (newer !== undefined) {
    return (
      <p className={css.bar}>
        {t("foot.newer")}{" "}
        <Link to={paths.conversation} params={{ view, conversationId: newer.id }}>
          {t("foot.openNewer")}
        </Link>
      </p>
    );
  }
  return <p className={css.bar}>{t("foot.closed")}</p>;
}
