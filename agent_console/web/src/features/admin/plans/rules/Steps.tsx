/** Whom the work waits for, and for how long before fewer wishes or another queue will do: a small timeline. */
import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { beginnings, replaced, without } from "@/features/admin/plans/draft";
import { useFault } from "@/features/admin/plans/parts/faults";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { Skills } from "@/features/admin/plans/parts/Skills";
import { Span } from "@/features/admin/plans/parts/Span";
import type { Step } from "@/features/admin/plans/types";
import { labelIn, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { useWords } from "@/lib/i18n/words";
import { Button, IconButton } from "@/ui/Button";

interface Props {
  steps: readonly Step[];
  queueId: string;
  vocabulary: Vocabulary;
  place: string;
  onChange: (steps: readonly Step[]) => void;
}

const STEPS_MAX = 10;
const FIRST_WAIT_S = 60;

export function Steps({ steps, queueId, vocabulary, place, onChange }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const fault = useFault();
  const begins = beginnings(steps);
  const set = (at: number, change: Partial<Step>) => {
    const before = steps[at];
    if (before) onChange(replaced(steps, at, { ...before, ...change }));
  };
  const add = () => {
    const last = steps.length - 1;
    const waiting = steps.map((step, at) =>
      at === last && step.wait_s === 0 ? { ...step, wait_s: FIRST_WAIT_S } : step,
    );
    onChange([...waiting, { skills: [], wait_s: 0, queue_id: null }]);
  };
  return (
    <div>
      <p className={own.label}>{t("steps.title")}</p>
      <ol className={own.steps}>
        {steps.map((step, at) => {
          const isLast = at === steps.length - 1;
          const error = fault(`${place}.${at}.queue_id`);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            <li key={at} className={own.step}>
              <span className={own.stepTime}>
                {at === 0 ? t("steps.atOnce") : t("steps.after", { span: words.span(begins[at] ?? 0) })}
              </span>
              <div className={own.stepBody}>
                <div className={own.stepLine}>
                  <span className={own.stepWord}>{t(step.skills.length === 0 ? "steps.anybody" : "steps.whoCan")}</span>
                  <Skills
                    label={t("steps.skillsOf", { step: at + 1 })}
                    skills={step.skills}
                    known={vocabulary.skills}
                    isWish
                    error={fault(`${place}.${at}.skills`)}
                    onChange={(skills) => set(at, { skills })}
                  />
                </div>
                <div className={own.stepLine}>
                  <span className={own.stepWord}>{t("steps.inQueue")}</span>
                  <Select
                    size="xs"
                    className={own.stepQueue}
                    aria-label={t("steps.queueOf", { step: at + 1 })}
                    data={[...vocabulary.queues]}
                    value={step.queue_id}
                    placeholder={t("steps.sameQueue", {
                      queue: labelIn(
                        vocabulary.queues,
                        steps.slice(0, at).findLast((one) => one.queue_id)?.queue_id ?? queueId,
                      ),
                    })}
                    clearable
                    {...(error && { error })}
                    onChange={(queue_id) => set(at, { queue_id })}
                  />
                  {isLast ? (
                    <span className={own.quiet}>{t("steps.forEver")}</span>
                  ) : (
                    <span className={own.together}>
                      <span className={own.stepWord}>{t("steps.for")}</span>
                      <Span
                        size="xs"
                        name={t("steps.waitOf", { step: at + 1 })}
                        seconds={step.wait_s}
                        units={["s", "min", "h"]}
                        error={fault(`${place}.${at}.wait_s`)}
                        onChange={(wait_s) => wait_s !== null && set(at, { wait_s })}
                      />
                    </span>
                  )}
                  {steps.length > 1 && (
                    <IconButton
                      icon="close"
                      size="s"
                      label={t("steps.remove", { step: at + 1 })}
                      onClick={() => onChange(without(steps, at))}
                    />
                  )}
                </div>
              </div>
            </li>
          );
        })}
      </ol>
      {steps.length < STEPS_MAX && (
        <Button size="s" kind="quiet" icon="plus" onClick={add}>
          {t("steps.add")}
        </Button>
      )}
    </div>
  );
}
