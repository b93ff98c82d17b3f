/** How these identities came together and apart, newest first. Every line can be taken back while that means something. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import css from "@/features/customer/CustomerPanel.module.css";
import { undoEntry } from "@/features/customer/customer";
import { useAct } from "@/features/customer/use-act";
import type { Customer, LedgerLine } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { Fault } from "@/ui/Fault";
import { Icon, type IconName } from "@/ui/Icon";

const SHOWN = 5;

const signs: Record<LedgerLine["kind"], IconName> = {
  merge: "merge",
  split: "split",
  move: "arrowRight",
  undo: "undo",
};

export function Ledger({ conversationId, customer }: { conversationId: string; customer: Customer }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const lines = [...customer.ledger].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  if (lines.length === 0) return null;
  return (
    <section className={css.section} aria-label={t("ledger.title")}>
      <h3 className={css.heading}>{t("ledger.title")}</h3>
      <ul className={css.ledger}>
        {lines.slice(0, isOpen ? undefined : SHOWN).map((line) => (
          <Line key={line.id} conversationId={conversationId} line={line} customer={customer} />
        ))}
      </ul>
      {!isOpen && lines.length > SHOWN && (
        <button type="button" className={css.more} onClick={() => setOpen(true)}>
          {t("ledger.more", { count: lines.length - SHOWN })}
        </button>
      )}
    </section>
  );
}

interface LineProps {
  conversationId: string;
  line: LedgerLine;
  customer: Customer;
}

function Line({ conversationId, line, customer }: LineProps) {
  const { t } = useTranslation();
  const words = useWords();
  const agentName = useAgentName();
  const act = useAct(conversationId);
  const by = line.by === null ? t("merge.byItself") : (agentName(line.by) ?? t("history.somebody"));
  const which = [line.identity_a, line.identity_b]
    .map((id) => customer.identities.find((identity) => identity.id === id))
    .flatMap((identity) => (identity ? words.channel(identity.channel) : []));
  return (
    <li className={css.ledgerLine} data-void={!line.in_force || wasParted(line) || undefined}>
      <Icon name={signs[line.kind]} size={14} />
      <div className={css.ledgerWords}>
        <p>
          <strong>{t(`ledger.${line.kind}`)}</strong>
          {which.length > 0 && ` ${which.join(" + ")}`}
          {` — ${words.explanation(line.why)}`}
        </p>
        <p className={css.ledgerMeta}>
          {`${dateTime(line.at)} · ${by}`}
          {!line.in_force && ` · ${t("merge.undone")}`}
          {wasParted(line) && ` · ${t("ledger.parted")}`}
        </p>
        {act.error !== null && <Fault error={act.error} />}
      </div>
      {line.revocable && (
        <button
          type="button"
          className={css.undo}
          disabled={act.isBusy}
          onClick={() => void act.run(() => undoEntry(line.id))}
        >
          {t(line.kind === "undo" ? "ledger.redo" : "merge.undo")}
        </button>
      )}
    </li>
  );
}

/** A merge that nobody undid, but that a later split, move or change of the rules has cut. */
function wasParted(line: LedgerLine): boolean {
  return line.kind === "merge" && line.in_force && !line.revocable;
}
