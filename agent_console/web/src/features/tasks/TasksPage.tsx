/** What is to be done, the soonest first: mine, my queues', and for supervisors everybody's. */
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/data/session";
import { TASK_VIEWS, type TaskView, useTaskCount, useTasks } from "@/data/tasks";
import { TaskLine } from "@/features/tasks/TaskLine";
import css from "@/features/tasks/Tasks.module.css";
import { useNaming } from "@/lib/naming";
import { paths } from "@/lib/paths";
import { oversees } from "@/lib/permissions";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export default function TasksPage() {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const nameOf = useNaming();
  const counts = useTaskCount();
  const [chosenView, setView] = useState<TaskView | null>(null);
  const opening = useOpening();
  const view = chosenView ?? opening;
  const [place, setPlace] = useState(0);
  const rows = useRef<HTMLUListElement>(null);
  const tasks = useTasks(view);
  const items = tasks.data?.items ?? [];
  const chosen = Math.max(0, Math.min(place, items.length - 1));
  const open = (index: number) => {
    const item = items[index];
    if (item) void navigate({ to: paths.conversation, params: { view: "all", conversationId: item.open_id } });
  };
  const move = (index: number) => {
    setPlace(index);
    rows.current?.children[index]?.querySelector("button")?.focus(); // Enter is the button's own
  };
  useShortcut("next", () => move(Math.min(chosen + 1, items.length - 1)));
  useShortcut("previous", () => move(Math.max(chosen - 1, 0)));
  const due: Record<TaskView, number> = {
    mine: counts?.mine ?? 0,
    queue: counts?.queue ?? 0,
    all: 0, // nobody's in particular to see to
  };
  const views = oversees(me.agent) ? TASK_VIEWS : TASK_VIEWS.slice(0, 2);
  return (
    <main className={css.page} aria-label={t("task.title")}>
      <header className={css.head}>
        <h1 className={css.title}>{t("task.title")}</h1>
        <div className={css.tabs} role="tablist" aria-label={t("task.whose")}>
          {views.map((one) => (
            <button
              key={one}
              type="button"
              role="tab"
              className={css.tab}
              aria-selected={one === view}
              onClick={() => {
                setView(one);
                setPlace(0);
              }}
            >
              {t(`task.view.${one}`)}
              {due[one] > 0 && (
                <span className={css.dueHere} title={t("task.due", { count: due[one] })}>
                  {due[one]}
                </span>
              )}
            </button>
          ))}
        </div>
      </header>
      {tasks.error !== null && <Fault error={tasks.error} onRetry={() => void tasks.refetch()} />}
      {tasks.isPending && <Skeleton lines={6} />}
      {tasks.data && items.length === 0 && <Empty title={t("task.none.title")} hint={t("task.none.hint")} />}
      <ul className={css.rows} ref={rows}>
        {items.map((item, index) => (
          <li key={item.task.id} className={css.row} aria-current={index === chosen || undefined}>
            <TaskLine task={item.task} title={nameOf(item)} onOpen={() => open(index)} hasKeys={index === chosen} />
          </li>
        ))}
      </ul>
    </main>
  );
}

/** Where something is due when one comes: what the badge of the rail counts is what one sees first. It stays so while
 * one is here. */
function useOpening(): TaskView {
  const counts = useTaskCount();
  const opening = useRef<TaskView | null>(null);
  if (opening.current === null && counts !== undefined) {
    opening.current = counts.mine === 0 && counts.queue > 0 ? "queue" : "mine";
  }
  return opening.current ?? "mine";
}
