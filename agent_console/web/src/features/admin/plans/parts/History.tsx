/** The versions that were, with who made them; any of them can be looked at or put in force again. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { usePlanVersions } from "@/features/admin/plans/api";
import { useAgentName } from "@/features/admin/plans/parts/agent-name";
import own from "@/features/admin/plans/parts/Parts.module.css";
import type { Kind, PlanVersion } from "@/features/admin/plans/types";
import type { PlanDraft } from "@/features/admin/plans/use-plan-draft";
import { dateTime } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

export function History<K extends Kind>({ draft }: { draft: PlanDraft<K> }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const versions = usePlanVersions(draft.kind, isOpen);
  const nameOfAgent = useAgentName();
  const { newest } = draft;
  const found = versions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <details className={own.history} open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {newest.made_at === null
          ? t("plan.never")
          : t("plan.version", {
              version: newest.version,
              name: nameOfAgent(newest.made_by),
              at: dateTime(newest.made_at),
            })}
      </summary>
      {versions.error !== null && <Fault error={versions.error} onRetry={() => void versions.refetch()} />}
      <ol className={own.versions}>
        {found.map((one) => (
          <Version key={one.version} one={one} draft={draft} by={nameOfAgent(one.made_by)} />
        ))}
      </ol>
      {versions.hasNextPage && (
        <Button size="s" disabled={versions.isFetching} onClick={() => void versions.fetchNextPage()}>
          {t("plan.older")}
        </Button>
      )}
    </details>
  );
}

function Version<K extends Kind>({ one, draft, by }: { one: PlanVersion; draft: PlanDraft<K>; by: string }) {
  const { t } = useTranslation();
  const isNewest = one.version === draft.newest.version;
  return (
    <li className={own.version}>
      <span className={own.number}>{one.version}</span>
      <span className={own.grow}>
        {[by, one.made_at && dateTime(one.made_at)].filter(Boolean).join(" · ")}
        {one.note && <span className={own.quiet}>{` — ${one.note}`}</span>}
      </span>
      {isNewest ? (
        <span className={css.badge}>{t("plan.inForce")}</span>
      ) : (
        <>
          <Button size="s" kind="quiet" disabled={draft.isBusy} onClick={() => draft.show(one.version)}>
            {t("plan.look")}
          </Button>
          <Button size="s" disabled={draft.isBusy || draft.isDirty} onClick={() => draft.restore(one.version)}>
            {t("plan.restore")}
          </Button>
        </>
      )}
    </li>
  );
}
