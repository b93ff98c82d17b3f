/** Where one answers; or, when one cannot, why, and the way on. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import css from "@/app/workspace/Foot.module.css";
import type { Panel } from "@/data/detail";
import type { View } from "@/data/keys";
import { useRows } from "@/data/rows";
import { useAgentName, useMe } from "@/data/session";
import { Composer } from "@/features/composer/Composer";
import type { ConversationState } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { mayReply } from "@/lib/permissions";
import { useLive } from "@/live/context";

interface Props {
  row: ConversationState;
  panel: Panel | undefined;
  view: View;
}

export function Foot({ row, panel, view }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const live = useLive();
  const agentName = useAgentName();
  if (row.status === "closed") return <Closed row={row} view={view} />;
  if (!mayReply(me.agent, row)) {
    const agent = agentName(row.owner_id ?? row.offered_to) ?? t("history.somebody");
    return <p className={css.bar}>{t("foot.others", { agent })}</p>;
  }
  if (panel === undefined) return <div className={css.foot} />;
  const takesIt = row.status === "waiting" || row.status === "offered";
  const isForeign = !takesIt && row.owner_id !== me.agent.id;
  const owner = agentName(row.owner_id) ?? t("history.somebody");
  return (
    <div className={css.foot}>
      <Composer
        conversationId={row.id}
        options={panel.reply_options}
        hint={takesIt ? t("foot.takes") : isForeign ? t("foot.foreign", { agent: owner }) : null}
        onTyping={(on) => live.typing(row.id, on)}
      />
    </div>
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
