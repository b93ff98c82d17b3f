/** Several short texts: each can be taken away, Enter or a comma adds one. */
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/customer/edit/Editor.module.css";
import { Icon } from "@/ui/Icon";

interface Props {
  label: string;
  hint: string;
  values: readonly string[];
  shown?: (value: string) => string;
  onChange: (values: readonly string[]) => void;
}

export function Chips({ label, hint, values, shown = (value) => value, onChange }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState("");
  const add = () => {
    const value = text.trim();
    if (value !== "" && !values.includes(value)) onChange([...values, value]);
    setText("");
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add();
    }
  };
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      {values.length > 0 && (
        <ul className={css.chips}>
          {values.map((value) => (
            <li key={value} className={css.chip}>
              {shown(value)}
              <button
                type="button"
                aria-label={t("details.takeAway", { value: shown(value) })}
                onClick={() => onChange(values.filter((other) => other !== value))}
              >
                <Icon name="close" size={12} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        id={id}
        className={css.input}
        value={text}
        placeholder={hint}
        autoComplete="off"
        onChange={(change) => setText(change.currentTarget.value)}
        onKeyDown={onKey}
        onBlur={add}
      />
    </div>
  );
}
