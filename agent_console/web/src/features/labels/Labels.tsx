/** How urgent it is, what the customer wants, and its tags: set with a click each. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Labels as Change, label, PRIORITIES, PRIORITY_NAMES, useKnownTags } from "@/data/labels";
import { useLabel, useWorkWords } from "@/data/work-words";
import css from "@/features/labels/Labels.module.css";
import type { ConversationState } from "@/lib/api/types";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";

interface Props {
  row: ConversationState;
  mayAct: boolean;
}

export function Labels({ row, mayAct }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const change = (labels: Change) => {
    setError(null);
    label(client, row.id, labels).catch(setError);
  };
  return (
    <section className={css.labels} aria-label={t("labels.title")}>
      <div className={css.choices}>
        <PriorityChoice row={row} mayAct={mayAct && row.status !== "closed"} onChange={change} />
        <LifecycleChoice row={row} mayAct={mayAct} onChange={change} />
      </div>
      <Tags row={row} mayAct={mayAct} onChange={change} />
      {error !== null && <Fault error={error} />}
    </section>
  );
}

interface ChoiceProps extends Props {
  onChange: (labels: Change) => void;
}

function PriorityChoice({ row, mayAct, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <label className={css.choice}>
      <span className={css.what}>{t("labels.priority")}</span>
      <select
        className={css.field}
        data-urgent={row.priority > 0 || undefined}
        value={row.priority}
        disabled={!mayAct}
        onChange={({ currentTarget }) => {
          const chosen = PRIORITIES.find((one) => String(one) === currentTarget.value);
          if (chosen !== undefined) onChange({ priority: chosen });
        }}
      >
        {PRIORITIES.toReversed().map((one) => (
          <option key={one} value={one}>
            {t(`labels.priorities.${PRIORITY_NAMES[one]}`)}
          </option>
        ))}
      </select>
    </label>
  );
}

function LifecycleChoice({ row, mayAct, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  const words = useWorkWords()?.lifecycle ?? [];
  const labelOf = useLabel();
  const shown = words.filter((word) => word.active || word.id === row.lifecycle);
  const isGone = row.lifecycle !== null && !shown.some((word) => word.id === row.lifecycle);
  return (
    <label className={css.choice}>
      <span className={css.what}>{t("labels.lifecycle")}</span>
      <select
        className={css.field}
        value={row.lifecycle ?? ""}
        disabled={!mayAct}
        onChange={({ currentTarget }) => onChange({ lifecycle: currentTarget.value || null })}
      >
        <option value="">{t("labels.noLifecycle")}</option>
        {isGone && <option value={row.lifecycle ?? ""}>{row.lifecycle}</option>}
        {shown.map((word) => (
          <option key={word.id} value={word.id}>
            {labelOf(word)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Tags({ row, mayAct, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  const [written, setWritten] = useState("");
  const [isTouched, setTouched] = useState(false);
  const known = useKnownTags(isTouched);
  const listId = useId();
  const add = (event: FormEvent) => {
    event.preventDefault();
    const tag = written.trim();
    if (tag === "") return;
    onChange({ add_tags: [tag] });
    setWritten("");
  };
  return (
    <ul className={css.tags} aria-label={t("labels.tags")}>
      {row.tags.map((tag) => (
        <li key={tag} className={css.tag}>
          {tag}
          {mayAct && (
            <button
              type="button"
              className={css.off}
              aria-label={t("labels.removeTag", { tag })}
              onClick={() => onChange({ remove_tags: [tag] })}
            >
              <Icon name="close" size={12} />
            </button>
          )}
        </li>
      ))}
      {mayAct && (
        <li className={css.adding}>
          <form onSubmit={add}>
            <input
              className={css.new}
              list={listId}
              value={written}
              maxLength={50}
              placeholder={t("labels.addTag")}
              aria-label={t("labels.addTag")}
              onFocus={() => setTouched(true)}
              onChange={({ currentTarget }) => setWritten(currentTarget.value)}
            />
            <datalist id={listId}>
              {known
                .filter((tag) => !row.tags.includes(tag))
                .map((tag) => (
                  <option key={tag} value={tag} />
                ))}
            </datalist>
          </form>
        </li>
      )}
    </ul>
  );
}
