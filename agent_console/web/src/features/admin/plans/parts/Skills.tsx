/** Skills with levels: of an agent, or wished for by a step. */
import { Autocomplete, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { slugOf } from "@/features/admin/plans/draft";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { IconButton } from "@/ui/Button";

export interface Skilled {
  readonly skill: string;
  readonly level: number;
}

interface Props {
  label: string;
  skills: readonly Skilled[];
  known: readonly string[];
  isWish?: boolean; // "at least"
  error?: string | undefined;
  onChange: (skills: readonly Skilled[]) => void;
}

const LEVELS = [1, 2, 3, 4, 5] as const;

export function Skills({ label, skills, known, isWish = false, error, onChange }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const add = (text: string) => {
    const skill = slugOf(text);
    setTyped("");
    if (skill !== "" && !skills.some((one) => one.skill === skill)) onChange([...skills, { skill, level: 1 }]);
  };
  return (
    <div className={own.skills}>
      {skills.map((one, at) => (
        <span key={one.skill} className={own.skill}>
          <span className={own.skillName}>{one.skill}</span>
          <Select
            className={own.level}
            size="xs"
            aria-label={t("skill.levelOf", { skill: one.skill })}
            data={LEVELS.map((level) => ({
              value: String(level),
              label: t(isWish ? "skill.atLeast" : "skill.level", { level }),
            }))}
            value={String(one.level)}
            allowDeselect={false}
            onChange={(level) =>
              level && onChange(skills.map((known, i) => (i === at ? { ...known, level: Number(level) } : known)))
            }
          />
          <IconButton
            icon="close"
            size="s"
            label={t("skill.remove", { skill: one.skill })}
            onClick={() => onChange(skills.filter((_, i) => i !== at))}
          />
        </span>
      ))}
      <Autocomplete
        className={own.skillInput}
        size="xs"
        aria-label={label}
        placeholder={t("skill.add")}
        data={known.filter((skill) => !skills.some((one) => one.skill === skill))}
        value={typed}
        {...(error && { error })}
        onChange={setTyped}
        onOptionSubmit={(skill) => {
          add(skill);
          requestAnimationFrame(() => setTyped(""));
        }}
        onBlur={() => add(typed)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.nativeEvent.isComposing || typed === "") return;
          event.preventDefault();
          add(typed);
        }}
      />
    </div>
  );
}
