/** The list: views, search, offers on top, and rows that stay under the finger while the world moves. */
import { Link } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { VIEWS, type View } from "@/data/keys";
import { useListing } from "@/data/lists";
import { useMe } from "@/data/session";
import css from "@/features/conversations/ConversationList.module.css";
import { DueFirst } from "@/features/conversations/DueFirst";
import { Chips, Narrow, NOT_NARROWED } from "@/features/conversations/Narrow";
import { isNarrowed, type Narrowing, queryOf, useNarrowing } from "@/features/conversations/narrowing";
import { OfferCards } from "@/features/conversations/OfferCards";
import { useOffers } from "@/features/conversations/offers";
import { Rows } from "@/features/conversations/Rows";
import { useDebounced } from "@/features/conversations/use-debounced";
import { ViewTabs } from "@/features/conversations/ViewTabs";
import { fold } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Button, IconButton } from "@/ui/Button";
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
  const { narrowing, narrow } = useNarrowing(view);
  const q = useDebounced(search.trim(), SEARCH_AFTER_MS);
  const wanted = fold(q) === "" ? null : q;
  const query = useMemo(() => queryOf(view, narrowing, wanted), [view, narrowing, wanted]);
  const listing = useListing(query, me.agent.id);
  const offers = useOffers(); // they stand above: nobody is told there that nothing is here

  return (
    <section className={css.list} aria-label={useTranslation().t("list.label")}>
      <header className={css.head}>
        <ViewTabs view={view} />
        <div className={css.tools}>
          <Search value={search} onChange={setSearch} />
          {view !== "closed" && (
            <DueFirst isOn={narrowing.due === true} onChange={(isOn) => narrow({ due: isOn ? true : undefined })} />
          )}
          <Narrow view={view} narrowing={narrowing} onChange={narrow} />
        </div>
        <Chips narrowing={narrowing} onChange={narrow} />
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
      ) : offers.length > 0 && view === "mine" && q === "" && !isNarrowed(narrowing) ? null : (
        <NothingHere view={view} q={q} narrowing={narrowing} onWiden={() => narrow(NOT_NARROWED)} />
      )}
    </section>
  );
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

interface NothingProps {
  view: View;
  q: string;
  narrowing: Narrowing;
  onWiden: () => void;
}

function NothingHere({ view, q, narrowing, onWiden }: NothingProps) {
  const { t } = useTranslation();
  const { due, silent, ...rest } = narrowing;
  if (q === "" && !isNarrowed(rest)) {
    if (due) return <Empty title={t("promise.none.title")} hint={t("promise.none.hint")} />;
    if (silent !== undefined) return <Empty title={t("silent.none.title")} hint={t("silent.none.hint")} />;
  }
  if (isNarrowed(narrowing)) {
    return (
      <Empty title={t("narrow.none.title")} hint={t("narrow.none.hint")}>
        <Button size="s" onClick={onWiden}>
          {t("narrow.clear")}
        </Button>
      </Empty>
    );
  }
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
