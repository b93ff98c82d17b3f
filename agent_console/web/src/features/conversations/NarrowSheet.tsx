/** By tag, state of the customer, urgency, queue and silence. What is chosen is shown at once, behind the sheet. */
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { PRIORITIES, PRIORITY_NAMES, useKnownTags } from "@/data/labels";
import { useQueues } from "@/data/session";
import { useLabel, useWorkWords } from "@/data/work-words";
import { type NarrowProps, NOT_NARROWED } from "@/features/conversations/Narrow";
import css from "@/features/conversations/Narrow.module.css";
import { isNarrowed } from "@/features/conversations/narrowing";
import { useFirst } from "@/features/handling/keys";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";

const HOUR_S = 3600;
const SPANS_S: readonly number[] = [HOUR_S, 4 * HOUR_S, 24 * HOUR_S, 72 * HOUR_S];

export default function NarrowSheet({ view, narrowing, onChange, onDone }: NarrowProps & { onDone: () => void }) {
  const { t } = useTranslation();
  const words = useWords();
  const label = useLabel();
  const queues = useQueues();
  const states = useWorkWords()?.lifecycle ?? [];
  const maySilent = (view === "mine" || view === "all") && narrowing.due !== true;
  return (
    <div className={css.sheet}>
      <TagField tag={narrowing.tag} onChange={(tag) => onChange({ tag })} onDone={onDone} />
      <Choice
        what={t("labels.lifecycle")}
        value={narrowing.lifecycle}
        options={states
          .filter((one) => one.active || one.id === narrowing.lifecycle)
          .map((one) => [one.id, label(one)])}
        onChange={(lifecycle) => onChange({ lifecycle })}
      />
      <Choice
        what={t("labels.priority")}
        value={narrowing.priority?.toString()}
        options={PRIORITIES.toReversed().map((one) => [`${one}`, t(`labels.priorities.${PRIORITY_NAMES[one]}`)])}
        onChange={(chosen) => onChange({ priority: PRIORITIES.find((one) => `${one}` === chosen) })}
      />
      {queues.length > 1 && (
        <Choice
          what={t("list.queue")}
          value={narrowing.queue}
          options={queues.map((queue) => [
            queue.id,
            queue.waiting > 0 ? `${queue.name} (${queue.waiting})` : queue.name,
          ])}
          onChange={(queue) => onChange({ queue })}
        />
      )}
      {maySilent && (
        <Choice
          what={t("silent.title")}
          value={narrowing.silent?.toString()}
          options={SPANS_S.map((span) => [`${span}`, t("silent.since", { span: words.span(span) })])}
          onChange={(span) => onChange({ silent: span === undefined ? undefined : Number(span) })}
        />
      )}
      <div className={css.foot}>
        <Button size="s" kind="quiet" disabled={!isNarrowed(narrowing)} onClick={() => onChange(NOT_NARROWED)}>
          {t("narrow.clear")}
        </Button>
        <Button size="s" kind="primary" onClick={onDone}>
          {t("narrow.done")}
        </Button>
      </div>
    </div>
  );
}

interface ChoiceProps {
  what: string;
  value: string | undefined;
  options: readonly (readonly [string, string])[];
  onChange: (value: string | undefined) => void;
}

function Choice({ what, value, options, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <Field what={what}>
      <select
        className={css.field}
        value={value ?? ""}
        onChange={({ currentTarget }) => onChange(currentTarget.value || undefined)}
      >
        <option value="">{t("narrow.any")}</option>
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface TagProps {
  tag: string | undefined;
  onChange: (tag: string | undefined) => void;
  onDone: () => void;
}

/** A tag that is in use counts as soon as it stands there; any other one with Enter, or when the field is left. */
function TagField({ tag, onChange, onDone }: TagProps) {
  const { t } = useTranslation();
  const first = useFirst<HTMLInputElement>();
  const listId = useId();
  const known = useKnownTags(true);
  const [written, setWritten] = useState(tag ?? "");
  const take = (text: string) => {
    if (text.trim() !== (tag ?? "")) onChange(text.trim() || undefined);
  };
  return (
    <Field what={t("narrow.tag")}>
      <input
        ref={first}
        className={css.field}
        list={listId}
        value={written}
        maxLength={50}
        placeholder={t("narrow.anyTag")}
        autoComplete="off"
        onChange={({ currentTarget }) => {
          setWritten(currentTarget.value);
          if (currentTarget.value === "" || known.includes(currentTarget.value)) take(currentTarget.value);
        }}
        onBlur={() => take(written)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
          take(written);
          onDone();
        }}
      />
      <datalist id={listId}>
        {known.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </Field>
  );
}

function Field({ what, children }: { what: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the field is the child
    <label className={css.labelled}>
      <span className={css.what}>{what}</span>
      {children}
    </label>
  );
}
