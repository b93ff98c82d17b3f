/** One file: what it is about to do, how far it is, what came of it. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import css from "@/features/admin/Admin.module.css";
import { cancelImport, isWorking, undoImport } from "@/features/admin/imports/api";
import own from "@/features/admin/imports/Imports.module.css";
import { MappingForm } from "@/features/admin/imports/MappingForm";
import { Rejected } from "@/features/admin/imports/Rejected";
import { useSaving } from "@/features/admin/use-saving";
import type { CustomerImport } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

const TONES: Partial<Record<CustomerImport["state"], string>> = { done: "done", failed: "late" };

export function ImportItem({ one }: { one: CustomerImport }) {
  const { t } = useTranslation();
  const agentName = useAgentName();
  const about = [dateTime(one.created_at), agentName(one.created_by), one.encoding ?? one.format.toUpperCase()];
  return (
    <li className={css.item} aria-label={one.file_name}>
      <div className={css.itemHead}>
        <div className={css.words}>
          <p className={css.name}>{one.file_name}</p>
          <p className={css.meta}>{about.filter(Boolean).join(" · ")}</p>
        </div>
        <span className={css.badge} data-tone={TONES[one.state]}>
          {t(`imports.state.${one.state}`)}
        </span>
      </div>
      {one.state === "draft" ? <MappingForm one={one} /> : <Course one={one} />}
    </li>
  );
}

function Course({ one }: { one: CustomerImport }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const acting = useSaving(() => {});
  const [isShown, setShown] = useState(false);
  const canUndo = one.state === "done" || ((one.state === "failed" || one.state === "cancelled") && one.rows_done > 0);
  return (
    <div className={own.course}>
      {isWorking(one) && <Progress one={one} />}
      <Counts one={one} />
      {one.error !== null && <Fault error={problemOf(one.error)} />}
      {acting.error !== null && <Fault error={acting.error} />}
      <div className={own.actions}>
        {one.state === "running" && (
          <Button size="s" disabled={acting.isBusy} onClick={() => acting.run(() => cancelImport(client, one.id))}>
            {t("imports.stop")}
          </Button>
        )}
        {one.rejected > 0 && (
          <>
            <Button size="s" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
              {t("imports.showRejected", { count: one.rejected })}
            </Button>
            <a className={own.download} href={`/api/v1/imports/${one.id}/report`} download>
              {t("imports.report")}
            </a>
          </>
        )}
        {canUndo && (
          <Button
            size="s"
            icon="undo"
            disabled={acting.isBusy}
            onClick={() => acting.run(() => undoImport(client, one.id))}
          >
            {t("imports.undo")}
          </Button>
        )}
      </div>
      {isShown && <Rejected one={one} />}
    </div>
  );
}

function Progress({ one }: { one: CustomerImport }) {
  const { t, i18n } = useTranslation();
  const undone = one.reverted + one.kept;
  const [done, total] =
    one.state === "undoing"
      ? [undone, one.created + one.updated + one.unchanged]
      : [one.rows_done, Math.max(one.rows_total, one.rows_done)];
  return (
    <div className={own.progress}>
      <progress max={Math.max(total, 1)} value={done} aria-label={t(`imports.state.${one.state}`)} />
      <span className="figures">
        {t("imports.rows", { done: done.toLocaleString(i18n.language), total: total.toLocaleString(i18n.language) })}
      </span>
    </div>
  );
}

const COUNTS = ["created", "updated", "unchanged", "joined", "rejected", "reverted", "kept"] as const;

function Counts({ one }: { one: CustomerImport }) {
  const { t, i18n } = useTranslation();
  return (
    <dl className={own.counts}>
      {COUNTS.filter((name) => one[name] > 0).map((name) => (
        <div key={name} className={own.count} data-name={name}>
          <dt>{t(`imports.count.${name}`)}</dt>
          <dd className="figures">{one[name].toLocaleString(i18n.language)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What ended an import, as if it had been the answer to a request. */
function problemOf(code: string): unknown {
  return { status: 400, code, detail: code, faults: [] };
}
