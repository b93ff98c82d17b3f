/** The page of a plan that is a list of named things: each a line that says it, and its form when opened. */
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { newId, replaced, without } from "@/features/admin/plans/draft";
import { PlanPage } from "@/features/admin/plans/parts/Frame";
import { type Editing, type Item, ItemCard } from "@/features/admin/plans/parts/ItemCard";
import { Ordered } from "@/features/admin/plans/parts/Ordered";
import own from "@/features/admin/plans/parts/Parts.module.css";
import type { Documents } from "@/features/admin/plans/types";
import type { PlanDraft } from "@/features/admin/plans/use-plan-draft";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";

/** The plans that are lists, and the field of each that is the list. */
const LISTS = { rules: "rules", hours: "calendars", sla: "policies", automation: "rules" } as const;
type ListKind = keyof typeof LISTS;
interface Items {
  rules: Documents["rules"]["rules"][number];
  hours: Documents["hours"]["calendars"][number];
  sla: Documents["sla"]["policies"][number];
  automation: Documents["automation"]["rules"][number];
}

interface Props<K extends ListKind> {
  kind: K;
  fresh: Omit<Items[K], "id" | "name">;
  addTo: "top" | "end" | null; // null: nothing can be added yet
  isRanked?: boolean; // the order means something
  say: (item: Items[K]) => { readonly said: string; readonly goal: string };
  fields: (editing: Editing<Items[K]>) => ReactNode; // beside the name
  more: (editing: Editing<Items[K]>) => ReactNode; // below
  after?: (draft: PlanDraft<K>) => ReactNode;
  aside?: (draft: PlanDraft<K>, open: (id: string) => void) => ReactNode;
}

export function ListPage<K extends ListKind>(props: Props<K>) {
  const { kind, fresh, addTo, isRanked = true, after, aside } = props;
  const list: ListKind = kind; // the words of one of them, not of this very one
  const { t } = useTranslation();
  const [openId, setOpenId] = useState<string | null>(null);
  const [addedId, setAddedId] = useState<string | null>(null);
  const showAdded = ({ id }: Item) => {
    setOpenId(id);
    setAddedId(id);
  };
  const add = (draft: PlanDraft<K>) => {
    const items = itemsOf(draft);
    const name = t(`planList.${list}.newName`);
    const item = { ...fresh, id: newId(name, items), name } as unknown as Items[K] & Item;
    put(draft, addTo === "top" ? [item, ...items] : [...items, item]);
    showAdded(item);
  };
  const card = (draft: PlanDraft<K>, item: Items[K] & Item, at: number, handle?: ReactNode) => {
    const items = itemsOf(draft);
    const copy = () => {
      const name = t("plan.copyOf", { name: item.name });
      const twin = { ...item, id: newId(item.name, items), name };
      put(draft, [...items.slice(0, at + 1), twin, ...items.slice(at + 1)]);
      showAdded(twin);
    };
    return (
      <ItemCard
        item={item}
        nameLabel={t(`planList.${list}.name`)}
        place={`body.document.${LISTS[kind]}.${at}`}
        {...(isRanked && { rank: at + 1 })}
        handle={handle}
        isOpen={openId === item.id || (openId === null && !isRanked && items.length === 1)}
        isAdded={addedId === item.id}
        onOpen={(isOpen) => setOpenId(isOpen ? item.id : "")}
        onChange={(changed) => put(draft, replaced(items, at, changed))}
        onCopy={copy}
        onRemove={() => put(draft, without(items, at))}
        {...props.say(item)}
        fields={props.fields}
        more={props.more}
      />
    );
  };
  return (
    <PlanPage<K>
      kind={kind}
      hint={t(`planList.${list}.hint`)}
      action={(draft) => (
        <Button kind="primary" icon="plus" disabled={addTo === null} onClick={() => add(draft)}>
          {t(`planList.${list}.add`)}
        </Button>
      )}
      {...(aside && { aside: (draft) => aside(draft, setOpenId) })}
    >
      {(draft) => {
        const items = itemsOf(draft);
        return (
          <>
            {items.length === 0 && (
              <Empty title={t(`planList.${list}.none.title`)} hint={t(`planList.${list}.none.hint`)} />
            )}
            {isRanked ? (
              <Ordered
                items={items}
                label={t(`page.${list}`)}
                onChange={(moved) => put(draft, moved)}
                draw={(item, at, handle) => card(draft, item, at, handle)}
              />
            ) : (
              <ul className={own.ordered} aria-label={t(`page.${list}`)}>
                {items.map((item, at) => (
                  <li key={item.id} className={own.card}>
                    {card(draft, item, at)}
                  </li>
                ))}
              </ul>
            )}
            {after?.(draft)}
          </>
        );
      }}
    </PlanPage>
  );
}

function itemsOf<K extends ListKind>({ kind, document }: PlanDraft<K>): readonly (Items[K] & Item)[] {
  return (document as unknown as Record<string, readonly (Items[K] & Item)[]>)[LISTS[kind]] ?? [];
}

function put<K extends ListKind>({ kind, document, set }: PlanDraft<K>, items: readonly Items[K][]) {
  set({ ...document, [LISTS[kind]]: items });
}
