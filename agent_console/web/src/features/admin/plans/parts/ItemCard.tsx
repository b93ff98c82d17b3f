/** A thing of a plan: a line with its name, what it asks, what it does and its switch; its form when opened. */
import { Switch, TextInput } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Named } from "@/features/admin/plans/draft";
import { useFault } from "@/features/admin/plans/parts/faults";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

export interface Item extends Named {
  readonly name: string;
  readonly active?: boolean; // without it, it cannot be switched off
}

/** What a form needs of the thing it changes. */
export interface Editing<T> {
  readonly item: T;
  readonly place: string; // where the hub says its faults are
  readonly fault: (field: string) => string | undefined;
  readonly set: (change: Partial<T>) => void;
}

interface LineProps {
  item: Item;
  handle?: ReactNode;
  rank?: number;
  said: string;
  goal: string;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}

interface Props<T> extends LineProps {
  item: T & Item;
  nameLabel: string;
  place: string;
  isAdded: boolean; // just now: its name is what comes next
  onChange: (item: T) => void;
  onCopy: () => void;
  onRemove: () => void;
  fields: (editing: Editing<T>) => ReactNode;
  more: (editing: Editing<T>) => ReactNode;
}

export function ItemCard<T>(props: Props<T>) {
  const { item, nameLabel, place, isOpen, isAdded, onChange, onCopy, onRemove, fields, more } = props;
  const { t } = useTranslation();
  const faultAt = useFault();
  const set = (change: Partial<T & Item>) => onChange({ ...item, ...change });
  const fault = (field: string) => faultAt(`${place}.${field}`);
  const editing: Editing<T> = { item, place, fault, set: set as Editing<T>["set"] };
  const name = fault("name");
  const nameField = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!isAdded) return;
    nameField.current?.focus();
    nameField.current?.select();
  }, [isAdded]);
  return (
    <>
      <Line
        {...props}
        isFaulty={faultAt(place) !== undefined}
        onActive={(active) => set({ active } as Partial<T & Item>)}
      />
      {isOpen && (
        <div className={own.form}>
          <div className={own.fields}>
            <TextInput
              ref={nameField}
              label={nameLabel}
              value={item.name}
              {...(name && { error: name })}
              onChange={(event) => set({ name: event.currentTarget.value } as Partial<T & Item>)}
            />
            {fields(editing)}
          </div>
          {more(editing)}
          <div className={own.foot}>
            <Button size="s" icon="copy" onClick={onCopy}>
              {t("plan.copy")}
            </Button>
            <Button size="s" kind="danger" onClick={onRemove}>
              {t("plan.remove")}
            </Button>
          </div>
        </div>
      )}
    </>
  );
}

interface StateProps {
  isFaulty: boolean;
  onActive: (active: boolean) => void;
}

function Line({ item, handle, rank, said, goal, isFaulty, isOpen, onOpen, onActive }: LineProps & StateProps) {
  const { t } = useTranslation();
  const { name, active } = item;
  return (
    <div className={own.itemHead} data-off={active === false || undefined} data-faulty={isFaulty || undefined}>
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
      {active !== undefined && (
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
