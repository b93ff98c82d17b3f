/** Where it would go, to whom and why, what happens if nobody takes it, and what the other rules asked in vain. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { KEYS } from "@/features/admin/plans/condition-keys";
import { priorityKey } from "@/features/admin/plans/parts/PrioritySelect";
import own from "@/features/admin/plans/rules/Try.module.css";
import type { TryOut } from "@/features/admin/plans/rules/try";
import { labelIn, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { dateTime } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { Icon } from "@/ui/Icon";

interface Props {
  answer: TryOut;
  vocabulary: Vocabulary;
  onRule: (ruleId: string) => void;
}

export function TryAnswer({ answer, vocabulary, onRule }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const { rule_id } = answer;
  return (
    <div className={own.answer} role="status">
      <p className={own.goal}>
        <Icon name="arrowRight" />
        <span>{answer.queue_name}</span>
        {answer.priority !== 0 && <span className={own.badge}>{t(priorityKey(answer.priority))}</span>}
      </p>
      <p className={own.line}>
        {rule_id === null ? (
          t("try.noRule")
        ) : (
          <>
            {t("try.byRule")}{" "}
            <button type="button" className={own.link} onClick={() => onRule(rule_id)}>
              {answer.rule_name}
            </button>
          </>
        )}
      </p>
      {answer.opens_at !== null && <p className={own.line}>{t("try.closed", { at: dateTime(answer.opens_at) })}</p>}
      {answer.why && <p className={own.line}>{t("try.offered", { why: words.explanation(answer.why) })}</p>}
      {answer.waits.map((why) => (
        <p key={why.code} className={own.line}>
          {words.reason(why)}
        </p>
      ))}
      <h3 className={own.heading}>{t("try.steps")}</h3>
      <ol className={own.steps}>
        {answer.steps.map((one) => (
          <li key={one.begins_s} className={own.step}>
            <span className={own.when}>
              {one.begins_s === 0 ? t("steps.atOnce") : t("steps.after", { span: words.span(one.begins_s) })}
            </span>
            <span>
              {[
                labelIn(vocabulary.queues, one.queue_id),
                one.step.skills.map((wish) => `${wish.skill} ≥ ${wish.level}`).join(", "),
              ]
                .filter(Boolean)
                .join(" · ")}
              <br />
              <span className={own.quiet}>{t("try.people", { fitting: one.fitting, free: one.free })}</span>
            </span>
          </li>
        ))}
      </ol>
      {answer.candidates.length > 0 && (
        <details className={own.more}>
          <summary>{t("try.candidates", { count: answer.candidates.length })}</summary>
          <ul className={own.people}>
            {answer.candidates.map((one) => (
              <li key={one.agent_id} data-state={one.state}>
                <span className={own.name}>{one.name}</span>
                <span className={own.quiet}>
                  {t(`candidate.${one.state}`)} {`${one.load}/${one.capacity}`}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {answer.checked.length > 0 && (
        <>
          <h3 className={own.heading}>{t("try.checked")}</h3>
          <ol className={own.checked}>
            {answer.checked.map((one) => (
              <li key={one.rule_id} data-holds={one.missing.length === 0 || undefined}>
                <Icon name={one.missing.length === 0 ? "check" : "close"} size={12} />
                <button type="button" className={own.link} onClick={() => onRule(one.rule_id)}>
                  {one.name}
                </button>
                <span className={own.quiet}>{one.missing.map((name) => missingWord(t, name)).join(", ")}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

function missingWord(t: TFunction, name: string): string {
  const key = KEYS.find((one) => one === name);
  if (key !== undefined) return t(`condition.name.${key}`);
  return name === "active" ? t("try.off") : name;
}
