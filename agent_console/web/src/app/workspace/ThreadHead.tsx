/** Who, whose, since when, why; and what can be done with it as a whole. */
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { togglePanel, useLayout } from "@/app/layout";
import { Actions } from "@/app/workspace/Actions";
import { Consulted } from "@/app/workspace/Consulted";
import css from "@/app/workspace/ThreadHead.module.css";
import { WaitReasons } from "@/app/workspace/WaitReasons";
import type { View } from "@/data/keys";
import { useAgentName, useMe } from "@/data/session";
import { useLabelOf } from "@/data/work-words";
import type { ConversationState } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { dateTime } from "@/lib/format/time";
import { useNaming } from "@/lib/naming";
import { paths } from "@/lib/paths";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { waiting } from "@/lib/urgency";
import { IconButton } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { WaitClock } from "@/ui/WaitClock";
import { Why } from "@/ui/Why";

export function ThreadHead({ row, view }: { row: ConversationState; view: View }) {
  const { t } = useTranslation();
  const nameOf = useNaming();
  const isPanelOpen = useLayout((layout) => layout.isPanelOpen);
  const [error, setError] = useState<unknown>(null);
  return (
    <>
      <header className={css.head}>
        <Link to={paths.list} params={{ view }} className={css.back} aria-label={t("thread.back")}>
          <Icon name="left" />
        </Link>
        <div className={css.who}>
          <h2 className={css.name}>
            <span className={css.nameWords}>{nameOf(row)}</span>
            <ShownNumber row={row} />
          </h2>
          <Status row={row} />
        </div>
        <Actions key={row.id} row={row} onError={setError} />
        <span className={css.panelButton}>
          <IconButton
            icon="panel"
            label={t("customer.panel")}
            shortcut={KEYMAP.customer.keys}
            aria-expanded={isPanelOpen}
            onClick={() => togglePanel()}
          />
        </span>
      </header>
      <Consulted row={row} onError={setError} />
      {error !== null && (
        <div className={css.fault}>
          <Fault error={error} />
        </div>
      )}
    </>
  );
}

function ShownNumber({ row }: { row: ConversationState }) {
  const { t } = useTranslation();
  if (row.customer_phone === null || row.customer_name === null) return null;
  return (
    <span className={css.number}>
      {phone(row.customer_phone)}
      {row.phone_verified && (
        <span className={css.verified} title={t("strength.attested")}>
          <Icon name="check" size={12} />
          <span className="visually-hidden">{t("strength.attested")}</span>
        </span>
      )}
    </span>
  );
}

function Status({ row }: { row: ConversationState }) {
  const { t } = useTranslation();
  const me = useMe();
  const agentName = useAgentName();
  const labelOf = useLabelOf();
  const agent = agentName(row.owner_id ?? row.offered_to) ?? t("history.somebody");
  const target = waiting(row, Date.now())?.target ?? null;
  const said = () => {
    if (row.status === "closed") {
      return t(row.closed_reason === "merged" ? "status.mergedAt" : "status.closedAt", {
        at: dateTime(row.closed_at ?? row.opened_at),
      });
    }
    if (row.status === "waiting") return t("status.waiting");
    if (row.status === "offered") return t("status.offeredTo", { agent });
    if (row.snoozed_until !== null) return t("status.snoozed", { at: dateTime(row.snoozed_until) });
    return row.owner_id === me.agent.id ? t("status.yours") : t("status.with", { agent });
  };
  return (
    <p className={css.status}>
      <span>{said()}</span>
      {row.status === "waiting" && row.snoozed_until === null ? (
        <span className={css.why}>
          <WaitReasons conversationId={row.id} />
        </span>
      ) : (
        row.why &&
        row.status !== "closed" && (
          <span className={css.why}>
            <Why why={row.why} />
          </span>
        )
      )}
      {row.disposition !== null && <span>{labelOf("dispositions", row.disposition)}</span>}
      {row.waiting_since && row.status !== "closed" && (
        <span className={css.waiting}>
          <span className={css.label}>{t(target === null ? "status.waitingFor" : `promise.target.${target}`)}</span>
          <WaitClock row={row} />
        </span>
      )}
    </p>
  );
}
