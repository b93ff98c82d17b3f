/** A span of time as people say it: a number and a unit. */
import { Input, NumberInput, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asAmount, inSeconds, type Unit } from "@/features/admin/plans/draft";
import own from "@/features/admin/plans/parts/Parts.module.css";

interface Props {
  label?: string;
  name?: string; // for screen readers where no label is shown
  hint?: string;
  seconds: number | null;
  none?: string; // what an empty field means; without it the field cannot be emptied
  units?: readonly Unit[];
  size?: "xs" | "sm";
  error?: string | undefined;
  onChange: (seconds: number | null) => void;
}

const ORDER = ["label", "input", "description", "error"] as const;
const ALL: readonly Unit[] = ["s", "min", "h", "d"];

export function Span({ label, name, hint, seconds, none, units = ALL, size = "sm", error, onChange }: Props) {
  const { t } = useTranslation();
  const shown = seconds === null ? null : asAmount(seconds);
  const [chosen, setChosen] = useState<Unit>(shown?.unit ?? units[1] ?? "min");
  const isChosen = seconds === null || seconds % inSeconds(1, chosen) === 0;
  const unit = isChosen ? chosen : (shown?.unit ?? chosen);
  const amount = seconds === null ? "" : seconds / inSeconds(1, unit);
  return (
    <Input.Wrapper
      className={own.spanField}
      {...(label && { label, labelElement: "div" as const })}
      {...(hint && { description: hint, inputWrapperOrder: [...ORDER] })}
      {...(error && { error })}
    >
      <div className={own.span}>
        <NumberInput
          size={size}
          aria-label={name ?? label}
          error={error !== undefined}
          value={amount}
          placeholder={none}
          min={0}
          allowDecimal={false}
          hideControls
          onChange={(value) => {
            if (typeof value === "number") onChange(inSeconds(value, unit));
            else if (none !== undefined) onChange(null);
          }}
        />
        <Select
          size={size}
          aria-label={t("plan.unitOf", { what: name ?? label ?? "" })}
          data={units.map((one) => ({ value: one, label: t(`unit.${one}`) }))}
          value={unit}
          allowDeselect={false}
          onChange={(value) => {
            if (value === null) return;
            setChosen(value as Unit);
            if (typeof amount === "number") onChange(inSeconds(amount, value as Unit));
          }}
        />
      </div>
    </Input.Wrapper>
  );
}
