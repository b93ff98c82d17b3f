/** How urgent: four words for -1 to 2. */
import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";

const PRIORITIES = [2, 1, 0, -1] as const;
const NAMES = ["low", "normal", "high", "urgent"] as const;

export function priorityKey(priority: number) {
  return `urgency.${NAMES[Math.min(Math.max(priority, -1), 2) + 1] ?? "normal"}` as const;
}

interface Props {
  value: number | null;
  none?: string; // what no choice means; without it there must be one
  onChange: (priority: number | null) => void;
}

export function PrioritySelect({ value, none, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Select
      label={t("planField.priority")}
      data={PRIORITIES.map((priority) => ({ value: String(priority), label: t(priorityKey(priority)) }))}
      value={value === null ? null : String(value)}
      placeholder={none ?? ""}
      clearable={none !== undefined}
      allowDeselect={none !== undefined}
      onChange={(chosen) => onChange(chosen === null ? null : Number(chosen))}
    />
  );
}
