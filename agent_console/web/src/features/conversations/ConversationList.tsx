/** The list: views, search, offers on top, and rows that stay under the finger while the world moves. */
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type ListQuery, VIEWS, type View } from "@/data/keys";
import { useListing } from "@/data/lists";
import { useMe } from "@/data/session";
import css from "@/features/conversations/ConversationList.module.css";
import { DueFirst } from "@/features/conversations/DueFirst";
import { OfferCards } from "@/features/conversations/OfferCards";
import { QueueFilter } from "@/features/conversations/QueueFilter";
import { Rows } from "@/features/conversations/Rows";
import { SilentFilter } from "@/features/conversations/SilentFilter";
import { useDebounced } from "@/features/conversations/use-debounced";
import { ViewTabs } from "@/features/conversations/ViewTabs";
import { fold } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { IconButton } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Key } from "@/ui/Key";
import { Skeleton } from "@/ui/Skeleton";

const SEARCH_AFTER_MS = 250;

export interface ConversationListProps {
  view: View;
  openId: string | undefined;
  onOpen: (conversationId: string) => void;
}

export function ConversationList({ view, openId, onOpen }: ConversationListProps) {
  const me = useMe();
  const [search, setSearch] = useState("");
  const [queueId, setQueueId] = useState<string | null>(null);
  const [silent, setSilent] = useState<number | null>(null);
  const q = useDebounced(search.trim(), SEARCH_AFTER_MS);
  const maySilent = view === "mine" || view === "all";
  const [dueFirst, setDueFirst] = useState(false);
  const isDue = dueFirst && view !== "closed";
  const query: ListQuery = useQueryOf(view, queueId, q, maySilent && !isDue ? silent : null, isDue);
  const listing = useListing(query, me.agent.id);

  return (
    <section className={css.list} aria-label={useTranslation().t("list.label")}>
      <header className={css.head}>
        <ViewTabs view={view} />
        <div className={css.tools}>
          <Search value={search} onChange={setSearch} />
          {view !== "closed" && <DueFirst isOn={dueFirst} onChange={setDueFirst} />}
          {maySilent && !isDue && <SilentFilter silentS={silent} onChange={setSilent} />}
          <QueueFilter queueId={queueId} onChange={setQueueId} />
        </div>
      </header>
      <OfferCards openId={openId} onOpen={onOpen} />
      {listing.error !== null && listing.rows.length === 0 ? (
        <div className={css.fault}>
          <Fault error={listing.error} onRetry={listing.retry} />
        </div>
      ) : listing.rows.length > 0 ? (
        <Rows listing={listing} view={view} openId={openId} onOpen={onOpen} />
      ) : listing.isLoading ? (
        <Skeleton lines={8} />
      ) : (
        <NothingHere view={view} q={q} isSilent={query.silentS != null} isDue={isDue} />
      )}
    </section>
  );
}

/** The same object while nothing changed: it is the cache's key. */
function useQueryOf(
  view: View,
  queueId: string | null,
  q: string,
  silentS: number | null,
  dueFirst: boolean,
): ListQuery {
  const last = useRef<ListQuery>({ view, queueId, q: null, silentS, dueFirst });
  const wanted = fold(q) === "" ? null : q;
  const { current } = last;
  if (
    current.view !== view ||
    current.queueId !== queueId ||
    current.q !== wanted ||
    (current.silentS ?? null) !== silentS ||
    current.dueFirst !== dueFirst
  ) {
    last.current = { view, queueId, q: wanted, silentS, dueFirst };
  }
  return last.current;
}

function Search({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  useShortcut("search", () => input.current?.focus());
  return (
    <div role="search" className={css.search}>
      <Icon name="search" />
      <input
        ref={input}
        value={value}
        onChange={(change) => onChange(change.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
          onChange("");
          input.current?.blur();
        }}
        placeholder={t("list.searchShort")}
        aria-label={t("list.search")}
        autoComplete="off"
        spellCheck={false}
        maxLength={100}
      />
      {value === "" ? (
        <Key name={KEYMAP.search.keys} />
      ) : (
        <IconButton icon="close" size="s" label={t("list.clearSearch")} onClick={() => onChange("")} />
      )}
    </div>
  );
}

function NothingHere({ view, q, isSilent, isDue }: { view: View; q: string; isSilent: boolean; isDue: boolean }) {
  const { t } = useTranslation();
  if (isDue && q === "") return <Empty title={t("promise.none.title")} hint={t("promise.none.hint")} />;
  if (isSilent && q === "") return <Empty title={t("silent.none.title")} hint={t("silent.none.hint")} />;
  if (q !== "") {
    return (
      <Empty title={t("empty.search.title", { q })} hint={t("empty.search.hint")}>
        <p className={css.elsewhere}>
          {VIEWS.filter((other) => other !== view && (other === "all" || other === "closed")).map((other) => (
            <Link key={other} to={paths.list} params={{ view: other }}>
              {t("empty.search.elsewhere", { view: t(`view.${other}`) })}
            </Link>
          ))}
        </p>
      </Empty>
    );
  }
  return <Empty title={t(`empty.${view}.title`)} hint={t(`empty.${view}.hint`)} />;
}
