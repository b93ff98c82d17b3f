/** For supervisors: numbers that are nobody's any more, and people who give very many. Gone when somebody has seen it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import css from "@/features/suggestions/Suggestions.module.css";
import { api } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problems";
import type { ClaimAlarm } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { Button } from "@/ui/Button";
import { notify } from "@/ui/notices";

const LOOK_AGAIN_MS = 60_000; // no event tells of them

export function Alarms() {
  const { t } = useTranslation();
  const items = useQuery({
    queryKey: keys.claimAlarms,
    queryFn: () => api.GET("/api/v1/claim-alarms"),
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  }).data?.items;
  if (items === undefined || items.length === 0) return null;
  return (
    <section className={css.alarms} aria-label={t("suggestions.alarms.title")}>
      <h2 className={css.alarmsTitle}>{t("suggestions.alarms.title")}</h2>
      <ul>
        {items.map((alarm) => (
          <Alarm key={alarm.id} alarm={alarm} />
        ))}
      </ul>
    </section>
  );
}

function Alarm({ alarm }: { alarm: ClaimAlarm }) {
  const { t } = useTranslation();
  const words = useWords();
  const now = useNow();
  const seen = useSeen(alarm.id);
  return (
    <li className={css.alarm}>
      <p>
        {t(`suggestions.alarms.${alarm.kind}`, {
          who: whoOf(alarm, t("suggestions.alarms.noName")),
          count: alarm.count,
        })}
      </p>
      <p className={css.meta}>
        <time dateTime={alarm.raised_at}>{words.ago(alarm.raised_at, now)}</time>
        <Button size="s" kind="quiet" disabled={seen.isBusy} onClick={() => void seen.mark()}>
          {t("suggestions.alarms.seen")}
        </Button>
      </p>
    </li>
  );
}

function whoOf(alarm: ClaimAlarm, noName: string): string {
  if (alarm.kind === "many_numbers") return alarm.name ?? noName;
  return alarm.value?.startsWith("+") ? phone(alarm.value) : (alarm.value ?? "");
}

function useSeen(alarmId: string) {
  const client = useQueryClient();
  const words = useWords();
  const [isBusy, setBusy] = useState(false);
  const mark = async () => {
    setBusy(true);
    try {
      await api.POST("/api/v1/claim-alarms/{alarm_id}/seen", { params: { path: { alarm_id: alarmId } } });
      await client.invalidateQueries({ queryKey: keys.claimAlarms });
    } catch (problem) {
      notify({ text: words.problem(asProblem(problem)), tone: "bad" });
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, mark };
}
