/** Của tôi / Chờ / Tất cả / Đã đóng, with the two counts that ask for action. */
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { VIEWS, type View } from "@/data/keys";
import { belongs, useRows } from "@/data/rows";
import { useMe, useQueues } from "@/data/session";
import css from "@/features/conversations/ViewTabs.module.css";
import { paths } from "@/lib/paths";

export function ViewTabs({ view }: { view: View }) {
  const { t } = useTranslation();
  const counts = useCounts();
  return (
    <nav className={css.tabs} aria-label={t("list.views")}>
      {VIEWS.map((candidate) => (
        <Link
          key={candidate}
          to={paths.list}
          params={{ view: candidate }}
          className={css.tab}
          aria-current={candidate === view ? "page" : undefined}
        >
          {t(`view.${candidate}`)}
          {counts[candidate] !== undefined && <span className={css.count}>{counts[candidate]}</span>}
        </Link>
      ))}
    </nav>
  );
}

function useCounts(): Partial<Record<View, number>> {
  const me = useMe();
  const rows = useRows();
  const queues = useQueues();
  let mine = 0;
  for (const row of rows.values()) {
    if (row.snoozed_until === null && belongs(row, "mine", me.agent.id, null)) mine += 1;
  }
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  return { mine, waiting };
}
