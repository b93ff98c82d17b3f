/** Who changed the rules when and why. The newest change can be taken back as a whole. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAgentName } from "@/data/session";
import css from "@/features/admin/Admin.module.css";
import { isUnfinished, undoPolicy } from "@/features/admin/policy/api";
import own from "@/features/admin/policy/Policy.module.css";
import type { PolicyRun, PolicyVersion } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

interface Props {
  versions: readonly PolicyVersion[];
  runs: readonly PolicyRun[];
  onRun: (run: PolicyRun) => void;
}

export function Versions({ versions, runs, onRun }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const agentName = useAgentName();
  const [error, setError] = useState<unknown>(null);
  const takeBack = (run: PolicyRun) => {
    setError(null);
    undoPolicy(client, run.id).then(onRun, setError);
  };
  return (
    <section aria-label={t("rules.versions")}>
      <h2 className={own.runTitle}>{t("rules.versions")}</h2>
      {error !== null && <Fault error={error} />}
      <ul className={css.list}>
        {versions.map((version, place) => {
          const run = runs.find((one) => one.id === version.run_id);
          return (
            <li key={version.version} className={`${css.item} ${css.itemHead}`}>
              <div className={own.words}>
                <p className={css.name}>
                  {version.version === 0 ? t("rules.defaultsHold") : t("rules.version", { number: version.version })}
                  {run?.kind === "undo" && ` · ${t("rules.takenBack")}`}
                </p>
                {version.made_at && (
                  <p className={css.meta}>
                    {[
                      dateTime(version.made_at),
                      agentName(version.made_by) ?? t("history.somebody"),
                      run && t("rules.outcome", { joins: run.joins, splits: run.splits }),
                      version.note,
                    ]
                      .filter(Boolean)
                      .join(" · ")}
                  </p>
                )}
              </div>
              {place === 0 && (
                <span className={css.badge} data-tone="done">
                  {t("rules.inForce")}
                </span>
              )}
              {place === 0 && run?.kind === "apply" && !isUnfinished(run) && (
                <Button size="s" icon="undo" onClick={() => takeBack(run)}>
                  {t("rules.undo")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
