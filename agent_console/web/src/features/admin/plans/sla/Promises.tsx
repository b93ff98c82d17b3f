/** What a service level promises: how soon the first answer, the next ones and the end, and when to warn. */
import { Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFault } from "@/features/admin/plans/parts/faults";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import { Span } from "@/features/admin/plans/parts/Span";
import type { SlaPolicy, SlaTarget } from "@/features/admin/plans/types";

const TARGETS = ["first_response", "next_response", "resolution"] as const;
const USUAL_S: Readonly<Record<SlaTarget, number>> = { first_response: 300, next_response: 900, resolution: 86_400 };

interface Props {
  promises: SlaPolicy["promises"];
  place: string;
  onChange: (promises: SlaPolicy["promises"]) => void;
}

export function Promises({ promises: list, place, onChange }: Props) {
  const { t } = useTranslation();
  const fault = useFault();
  return (
    <div>
      <p className={parts.label}>{t("sla.promises")}</p>
      {TARGETS.map((target) => {
        const at = list.findIndex((one) => one.target === target);
        const promise = list[at];
        const set = (change: Partial<(typeof list)[number]>) =>
          onChange(list.map((one) => (one.target === target ? { ...one, ...change } : one)));
        return (
          <div key={target} className={parts.promise}>
            <Switch
              label={t(`slaTarget.${target}`)}
              checked={promise !== undefined}
              onChange={(event) => {
                const within_s = USUAL_S[target];
                const added = { target, within_s, warn_before_s: Math.floor(within_s / 5) };
                const others = list.filter((one) => one.target !== target);
                onChange(event.currentTarget.checked ? [...list, added] : others);
              }}
            />
            {promise && (
              <>
                <span className={parts.together}>
                  <span className={parts.stepWord}>{t("sla.within")}</span>
                  <Span
                    name={t("sla.withinOf", { target: t(`slaTarget.${target}`) })}
                    size="xs"
                    seconds={promise.within_s}
                    error={fault(`${place}.${at}.within_s`)}
                    onChange={(within_s) => within_s !== null && set({ within_s })}
                  />
                </span>
                <span className={parts.together}>
                  <span className={parts.stepWord}>{t("sla.warn")}</span>
                  <Span
                    name={t("sla.warnOf", { target: t(`slaTarget.${target}`) })}
                    size="xs"
                    seconds={promise.warn_before_s}
                    error={fault(`${place}.${at}`)}
                    onChange={(warn_before_s) => warn_before_s !== null && set({ warn_before_s })}
                  />
                </span>
              </>
            )}
          </div>
        );
      })}
    </div>
  );
}
