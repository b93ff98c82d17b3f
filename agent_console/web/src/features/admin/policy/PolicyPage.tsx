/** When customers are merged by themselves. Whoever changes it first sees whom that would join or split. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { useChannelAccounts } from "@/features/admin/api";
import { isUnfinished, tryPolicy, usePolicy, usePolicyRun, usePolicyRuns } from "@/features/admin/policy/api";
import own from "@/features/admin/policy/Policy.module.css";
import { RulesForm } from "@/features/admin/policy/RulesForm";
import { RunPanel } from "@/features/admin/policy/RunPanel";
import { Versions } from "@/features/admin/policy/Versions";
import { useSaving } from "@/features/admin/use-saving";
import type { PolicyRun } from "@/lib/api/types";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function PolicyPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const policy = usePolicy();
  const runs = usePolicyRuns();
  const accounts = useChannelAccounts();
  const [chosenId, setChosenId] = useState<string>();
  const panel = useRef<HTMLDivElement>(null);
  const shownId = chosenId ?? worthShowing(runs.data ?? [], policy.data?.current.version)?.id;
  const run = usePolicyRun(shownId);
  const saving = useSaving(() => undefined);
  const isThere = run.data !== undefined && run.data.id === chosenId;
  useEffect(() => {
    if (isThere) panel.current?.scrollIntoView({ block: "start", behavior: "smooth" }); // what was asked for below
  }, [isThere]);
  const error = policy.error ?? accounts.error ?? runs.error;
  if (error !== null) return <Fault error={error} onRetry={() => void policy.refetch()} />;
  if (!policy.data || !accounts.data || !runs.data) return <Skeleton lines={8} />;
  const { current, defaults, versions, takes_effect_within_s } = policy.data;
  return (
    <>
      <p className={css.hint}>{t("rules.hint", { seconds: takes_effect_within_s })}</p>
      <div ref={panel} className={own.panel}>
        {run.data && <RunPanel run={run.data} current={current} onRun={(next) => setChosenId(next.id)} />}
      </div>
      <RulesForm
        key={current.version}
        rules={current.rules}
        defaults={defaults}
        accounts={accounts.data}
        saving={saving}
        isLocked={runs.data.some((one) => one.kind !== "dry_run" && isUnfinished(one))}
        onTry={(rules) => saving.run(async () => setChosenId((await tryPolicy(client, rules)).id))}
      />
      {saving.error !== null && <Fault error={saving.error} />}
      <Versions versions={versions} runs={runs.data} onRun={(next) => setChosenId(next.id)} />
    </>
  );
}

/** What is on its way, or the newest dry run as long as it can still be applied. */
function worthShowing(runs: readonly PolicyRun[], version: number | undefined): PolicyRun | undefined {
  const newest = runs[0];
  if (newest === undefined) return undefined;
  const isNews = isUnfinished(newest) || newest.kind !== "dry_run" || newest.base_version === version;
  return isNews && newest.status !== "cancelled" ? newest : undefined;
}
