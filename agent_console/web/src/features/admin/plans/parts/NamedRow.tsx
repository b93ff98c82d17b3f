/** One of the parts that something is made of: its name, its field, and taking it away; and a menu of those to add. */
import { Menu } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import own from "@/features/admin/plans/parts/Parts.module.css";
import { Button, IconButton } from "@/ui/Button";

interface Props {
  name: string;
  onRemove: () => void;
  children: ReactNode;
}

export function NamedRow({ name, onRemove, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={own.condition}>
      <span className={own.conditionName}>{name}</span>
      <div className={own.conditionField}>{children}</div>
      <IconButton icon="close" size="s" label={t("condition.remove", { name })} onClick={onRemove} />
    </div>
  );
}

interface MenuProps<V extends string> {
  label: string;
  choices: readonly V[];
  nameOf: (choice: V) => string;
  onAdd: (choice: V) => void;
}

export function AddMenu<V extends string>({ label, choices, nameOf, onAdd }: MenuProps<V>) {
  return (
    <Menu position="bottom-start" withinPortal>
      <Menu.Target>
        <Button size="s" kind="quiet" icon="plus">
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item key={choice} onClick={() => onAdd(choice)}>
            {nameOf(choice)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
