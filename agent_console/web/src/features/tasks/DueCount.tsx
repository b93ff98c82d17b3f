/** How many of mine and of my queues' are due, on the rail: nothing when there are none. */
import { useTranslation } from "react-i18next";
import { useTaskCount } from "@/data/tasks";
import css from "@/features/tasks/Tasks.module.css";

const SHOWN_MAX = 99;

export function DueCount() {
  const { t } = useTranslation();
  const counted = useTaskCount();
  const count = (counted?.mine ?? 0) + (counted?.queue ?? 0);
  if (count === 0) return null;
  return (
    <span className={css.count} title={t("task.due", { count })}>
      {count > SHOWN_MAX ? `${SHOWN_MAX}+` : count}
    </span>
  );
}
