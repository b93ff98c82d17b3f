/** What each rule did, and what it left undone. */
import { Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAutomationLog } from "@/features/admin/plans/api";
import own from "@/features/admin/plans/automation/Log.module.css";
import type { AutomationRule, AutomationRun } from "@/features/admin/plans/types";
import { dateTime } from "@/lib/format/time";
import { paths } from "@/lib/paths";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

export function Log({ rules }: { rules: readonly AutomationRule[] }) {
  const { t } = useTranslation();
  const [ruleId, setRuleId] = useState<string | null>(null);
  const log = useAutomationLog(ruleId);
  const runs = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={own.log} aria-label={t("automation.log")}>
      <div className={own.head}>
        <h2 className={own.title}>{t("automation.log")}</h2>
        <Select
          size="xs"
          aria-label={t("automation.logOf")}
          placeholder={t("automation.everyRule")}
          data={rules.map((rule) => ({ value: rule.id, label: rule.name }))}
          value={ruleId}
          clearable
          onChange={setRuleId}
        />
      </div>
      {log.error !== null && <Fault error={log.error} onRetry={() => void log.refetch()} />}
      {log.data && runs.length === 0 && <p className={own.quiet}>{t("automation.nothingDone")}</p>}
      {runs.length > 0 && (
        <div className={own.scroll}>
          <table className={own.table}>
            <thead>
              <tr>
                <th scope="col">{t("automation.at")}</th>
                <th scope="col">{t("planField.rules")}</th>
                <th scope="col">{t("automation.customer")}</th>
                <th scope="col">{t("automation.did")}</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <Run key={run.number} run={run} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {log.hasNextPage && (
        <Button size="s" disabled={log.isFetching} onClick={() => void log.fetchNextPage()}>
          {t("plan.older")}
        </Button>
      )}
    </section>
  );
}

const SKIPPED = ["closed", "too_deep", "too_many", "too_old"] as const;

function Run({ run }: { run: AutomationRun }) {
  const { t } = useTranslation();
  const skipped = SKIPPED.find((one) => one === run.detail);
  return (
    <tr data-outcome={run.outcome}>
      <td className={own.when}>{dateTime(run.at)}</td>
      <td>{run.rule_name}</td>
      <td>
        <Link to={paths.conversation} params={{ view: "all", conversationId: run.conversation_id }}>
          {run.customer_name ?? t("try.stranger")}
        </Link>
      </td>
      <td>
        {run.outcome === "skipped" && <span>{t(`automation.skipped.${skipped ?? "other"}`)}</span>}
        {run.actions.map((action, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an action is its place
          <span key={at} className={own.deed} data-outcome={action.outcome}>
            {t(`deed.${action.do}` as "deed.close")}
            {action.outcome !== "done" && ` (${t(`automation.outcome.${action.outcome}`)})`}
          </span>
        ))}
        {run.webhooks.map((hook) => (
          <span key={hook.url} className={own.deed} data-outcome={hook.state === "failed" ? "failed" : "done"}>
            {t(`automation.webhook.${hook.state}`, { host: hostOf(hook.url) })}
          </span>
        ))}
      </td>
    </tr>
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
