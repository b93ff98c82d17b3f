/** What could not be handled, why, and once more. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { replayDeadLetters, useDeadLetters } from "@/features/admin/api";
import type { DeadLetter } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Skeleton } from "@/ui/Skeleton";

const AT_ONCE_MAX = 100; // ReplayIn.ids

export default function DeadLetters() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const pages = useDeadLetters();
  const [error, setError] = useState<unknown>(null);
  const [said, setSaid] = useState("");
  const letters = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  const open = letters.filter((letter) => !done.has(letter.id)).slice(0, AT_ONCE_MAX);
  const replay = async (ids: readonly string[]) => {
    setError(null);
    try {
      const { replayed, missing } = await replayDeadLetters(client, ids);
      setDone((before) => new Set([...before, ...ids]));
      setSaid(
        t("admin.replayed", { count: replayed }) +
          (missing.length > 0 ? ` ${t("admin.replayMissing", { count: missing.length })}` : ""),
      );
    } catch (problem) {
      setError(problem);
    }
  };
  if (pages.error !== null) return <Fault error={pages.error} onRetry={() => void pages.refetch()} />;
  if (pages.isPending) return <Skeleton lines={5} />;
  if (letters.length === 0)
    return <Empty title={t("admin.noDeadLetters.title")} hint={t("admin.noDeadLetters.hint")} />;
  return (
    <>
      <div className={css.bar}>
        <p className={css.hint} role="status">
          {said || t("admin.deadLettersHint")}
        </p>
        <Button icon="retry" disabled={open.length === 0} onClick={() => void replay(open.map((letter) => letter.id))}>
          {t("admin.replayAll", { count: open.length })}
        </Button>
      </div>
      {error !== null && <Fault error={error} />}
      <ul className={css.list}>
        {letters.map((letter) => (
          <Letter
            key={letter.id}
            letter={letter}
            isDone={done.has(letter.id)}
            onReplay={() => void replay([letter.id])}
          />
        ))}
      </ul>
      {pages.hasNextPage && (
        <div className={css.more}>
          <Button onClick={() => void pages.fetchNextPage()} disabled={pages.isFetchingNextPage}>
            {t("admin.olderLetters")}
          </Button>
        </div>
      )}
    </>
  );
}

function Letter({ letter, isDone, onReplay }: { letter: DeadLetter; isDone: boolean; onReplay: () => void }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <li className={css.item}>
      <div className={css.itemHead}>
        <Icon name="alert" />
        <div className={css.words}>
          <p className={css.name}>{letter.type}</p>
          <p className={css.meta}>{`${dateTime(letter.at)} · ${letter.group} · ${letter.topic} · ${letter.key}`}</p>
        </div>
        <Button size="s" kind="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t(isOpen ? "admin.hideBody" : "admin.showBody")}
        </Button>
        {isDone ? (
          <span className={css.badge} data-tone="done">
            {t("admin.replayedOne")}
          </span>
        ) : (
          <Button size="s" icon="retry" onClick={onReplay}>
            {t("admin.replay")}
          </Button>
        )}
      </div>
      <p className={css.reason}>{letter.reason}</p>
      {isOpen && <pre className={css.body}>{letter.body}</pre>}
    </li>
  );
}
