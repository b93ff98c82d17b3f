/** What this rule would have done to what happened lately. Nothing is done. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { dryRun } from "@/features/admin/plans/api";
import own from "@/features/admin/plans/automation/Log.module.css";
import type { AutomationRule, DryRunReport } from "@/features/admin/plans/types";
import { useSaving } from "@/features/admin/use-saving";
import { dateTime } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

const DAYS = 7;

export function DryRun({ rule }: { rule: AutomationRule }) {
  const { t } = useTranslation();
  const [found, setFound] = useState<{ rule: AutomationRule; report: DryRunReport }>();
  const trying = useSaving(() => undefined);
  const report = found?.rule === rule ? found.report : undefined; // another draft, another answer
  return (
    <div className={own.dryRun}>
      <Button
        size="s"
        icon="play"
        disabled={trying.isBusy}
        onClick={() => trying.run(async () => setFound({ rule, report: await dryRun(rule, DAYS) }))}
      >
        {t("automation.dryRun", { days: DAYS })}
      </Button>
      {trying.error !== null && <Fault error={trying.error} />}
      {report && (
        <div role="status">
          <p>
            {t("automation.wouldRun", { runs: report.runs, count: report.run_conversations })}{" "}
            <span className={own.quiet}>
              {t("automation.lookedAt", { events: report.events, conversations: report.conversations })}
              {!report.is_complete && ` ${t("automation.incomplete")}`}
            </span>
          </p>
          <ul>
            {report.examples.map((one) => (
              <li key={`${one.conversation_id} ${one.at}`} className={own.example}>
                <span className={own.when}>{dateTime(one.at)}</span>
                <span>{[one.customer_name ?? t("try.stranger"), one.text].filter(Boolean).join(" · ")}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
