/** One field per attribute, as its kind wants it. */
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { labelOf } from "@/features/customer/Details";
import css from "@/features/customer/edit/Editor.module.css";
import type { Fault } from "@/lib/api/problems";
import type { AttributeDefinition } from "@/lib/api/types";

export type Values = Readonly<Record<string, string | number>>;

interface Props {
  definitions: readonly AttributeDefinition[];
  values: Values;
  faults: readonly Fault[];
  onChange: (values: Values) => void;
}

export function AttributeFields({ definitions, values, faults, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const id = useId();
  const set = (key: string, text: string) => {
    const { [key]: _, ...rest } = values;
    onChange(text === "" ? rest : { ...rest, [key]: text });
  };
  return definitions.map((definition) => {
    const { key } = definition;
    const isWrong = faults.some((fault) => fault.where === `body.attributes.${key}`);
    return (
      <div key={key} className={css.field}>
        <label htmlFor={`${id}-${key}`}>{labelOf(definition, i18n.language)}</label>
        <Input
          id={`${id}-${key}`}
          definition={definition}
          value={String(values[key] ?? "")}
          isWrong={isWrong}
          onChange={(v) => set(key, v)}
        />
        {isWrong && <span className={css.wrong}>{t(`details.wrong.${definition.kind}`)}</span>}
      </div>
    );
  });
}

interface InputProps {
  id: string;
  definition: AttributeDefinition;
  value: string;
  isWrong: boolean;
  onChange: (text: string) => void;
}

function Input({ id, definition, value, isWrong, onChange }: InputProps) {
  const { t } = useTranslation();
  if (definition.kind === "choice") {
    const choices =
      definition.choices.includes(value) || value === "" ? definition.choices : [value, ...definition.choices];
    return (
      <select
        id={id}
        className={css.input}
        value={value}
        aria-invalid={isWrong || undefined}
        onChange={(change) => onChange(change.currentTarget.value)}
      >
        <option value="">{t("details.notGiven")}</option>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  return (
    <input
      id={id}
      className={css.input}
      type={definition.kind === "date" ? "date" : "text"}
      inputMode={definition.kind === "number" ? "decimal" : undefined}
      value={value}
      aria-invalid={isWrong || undefined}
      autoComplete="off"
      onChange={(change) => onChange(change.currentTarget.value)}
    />
  );
}
