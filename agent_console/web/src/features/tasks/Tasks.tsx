/** What is still to be done for this customer, and making more of it. */
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useTasksOf } from "@/data/tasks";
import { TaskLine } from "@/features/tasks/TaskLine";
import css from "@/features/tasks/Tasks.module.css";
import type { ConversationState } from "@/lib/api/types";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/Skeleton";

const TaskForm = lazy(() => import("@/features/tasks/TaskForm"));

export function Tasks({ row }: { row: ConversationState }) {
  const { t } = useTranslation();
  const tasks = useTasksOf(row.id);
  const [isOpen, setOpen] = useState(false);
  const items = tasks.data?.items ?? [];
  return (
    <section className={css.tasks} aria-label={t("task.title")}>
      <h3 className={css.heading}>{t("task.title")}</h3>
      {items.map(({ task }) => (
        <TaskLine key={task.id} task={task} />
      ))}
      {isOpen ? (
        <Suspense fallback={<Skeleton lines={3} />}>
          <TaskForm row={row} onDone={() => setOpen(false)} />
        </Suspense>
      ) : (
        <div>
          <Button size="s" icon="clock" onClick={() => setOpen(true)}>
            {t("task.add")}
          </Button>
        </div>
      )}
    </section>
  );
}
