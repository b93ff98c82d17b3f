/** The line of a rule or policy: rank, name, what it asks, what it does, and its switch. */
import { Switch } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { Icon } from "@/ui/Icon";

interface Props {
  handle?: ReactNode;
  rank?: number;
  name: string;
  said: string;
  goal: string;
  active: boolean;
  isFaulty: boolean;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  onActive?: (active: boolean) => void;
}

export function ItemHead({ handle, rank, name, said, goal, active, isFaulty, isOpen, onOpen, onActive }: Props) {
  const { t } = useTranslation();
  return (
    <div className={own.itemHead} data-off={!active || undefined} data-faulty={isFaulty || undefined}>
      {handle}
      {rank !== undefined && <span className={own.rank}>{rank}</span>}
      <button type="button" className={own.itemOpen} aria-expanded={isOpen} onClick={() => onOpen(!isOpen)}>
        <span className={own.itemName}>
          {name || t("plan.nameless")}
          {isFaulty && <span className={own.mend}>{t("plan.mend")}</span>}
        </span>
        <span className={own.itemSaid}>{said}</span>
        <span className={own.itemGoal}>
          {goal !== "" && <Icon name="arrowRight" size={12} />}
          {goal}
        </span>
      </button>
      {onActive && (
        <Switch
          size="sm"
          aria-label={t("plan.activeOf", { name })}
          checked={active}
          onChange={(event) => onActive(event.currentTarget.checked)}
        />
      )}
    </div>
  );
}
