/** Conditions of a routing rule, a service level or an automation: all that is asked must hold. */
import { MultiSelect, Select, TagsInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { asks, CHANNELS, type ConditionKey, KEYS, KINDS, LANGUAGES, NONE } from "@/features/admin/plans/condition-keys";
import { replaced, without } from "@/features/admin/plans/draft";
import { useFault } from "@/features/admin/plans/parts/faults";
import { AddMenu, NamedRow } from "@/features/admin/plans/parts/NamedRow";
import own from "@/features/admin/plans/parts/Parts.module.css";
import type { Conditions } from "@/features/admin/plans/types";
import type { Choice, Vocabulary } from "@/features/admin/plans/vocabulary";
import { IconButton } from "@/ui/Button";

interface Props {
  conditions: Conditions;
  vocabulary: Vocabulary;
  place: string; // where the hub says its faults are
  onChange: (conditions: Conditions) => void;
}

export function ConditionsEditor({ conditions, vocabulary, place, onChange }: Props) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<readonly ConditionKey[]>([]);
  const shown = KEYS.filter((key) => asks(conditions, key) || opened.includes(key));
  const remove = (key: ConditionKey) => {
    setOpened(opened.filter((one) => one !== key));
    onChange({ ...conditions, [key]: NONE[key] });
  };
  return (
    <div className={own.conditions}>
      <p className={own.label}>{t(shown.length === 0 ? "condition.always" : "condition.all")}</p>
      {shown.map((key) => (
        <NamedRow key={key} name={t(`condition.name.${key}`)} onRemove={() => remove(key)}>
          <Field
            name={key}
            conditions={conditions}
            vocabulary={vocabulary}
            place={`${place}.${key}`}
            onChange={(change) => onChange({ ...conditions, ...change })}
          />
        </NamedRow>
      ))}
      {shown.length < KEYS.length && (
        <AddMenu
          label={t("condition.add")}
          choices={KEYS.filter((key) => !shown.includes(key))}
          nameOf={(key) => t(`condition.name.${key}`)}
          onAdd={(key) => setOpened([...opened, key])}
        />
      )}
    </div>
  );
}

interface FieldProps {
  name: ConditionKey;
  conditions: Conditions;
  vocabulary: Vocabulary;
  place: string;
  onChange: (change: Partial<Conditions>) => void;
}

function Field({ name, conditions, vocabulary, place, onChange }: FieldProps): ReactNode {
  const { t } = useTranslation();
  const error = useFault()(place);
  const common = { "aria-label": t(`condition.name.${name}`), ...(error && { error }) };
  const many = (data: readonly Choice[]) => (
    <MultiSelect
      {...common}
      data={[...data]}
      value={[...(conditions[name] as readonly string[])]}
      searchable
      hidePickedOptions
      onChange={(chosen) => onChange({ [name]: chosen })}
    />
  );
  const one = (data: readonly Choice[]) => (
    <Select
      {...common}
      data={[...data]}
      value={conditions[name] as string | null}
      placeholder={data.length === 0 ? t("planList.hours.none.title") : ""}
      onChange={(chosen) => onChange({ [name]: chosen })}
    />
  );
  switch (name) {
    case "channels":
      return many(CHANNELS.map((value) => ({ value, label: t(`channel.${value}`) })));
    case "kinds":
      return many(KINDS.map((value) => ({ value, label: t(`kind.${value}`) })));
    case "languages":
      return many(LANGUAGES.map((value) => ({ value, label: t(`tongue.${value}`) })));
    case "accounts":
      return many(vocabulary.accounts);
    case "lifecycle":
      return many(vocabulary.lifecycle);
    case "open_calendar":
    case "closed_calendar":
      return one(vocabulary.calendars);
    case "known_customer":
      return (
        <Select
          {...common}
          data={(["yes", "no"] as const).map((value) => ({ value, label: t(`condition.known.${value}`) }))}
          value={conditions.known_customer === null ? null : conditions.known_customer ? "yes" : "no"}
          onChange={(chosen) => onChange({ known_customer: chosen === null ? null : chosen === "yes" })}
        />
      );
    case "attributes":
      return <Attributes {...{ conditions, vocabulary, place, onChange }} />;
    case "tags":
    case "tags_all":
    case "words":
      return (
        <TagsInput
          {...common}
          placeholder={conditions[name].length === 0 ? t("admin.tagsHint") : ""}
          acceptValueOnBlur
          value={[...conditions[name]]}
          onChange={(typed) => onChange({ [name]: typed })}
        />
      );
  }
}

function Attributes({ conditions, vocabulary, place, onChange }: Omit<FieldProps, "name">) {
  const { t } = useTranslation();
  const fault = useFault();
  const list = conditions.attributes;
  const set = (at: number, change: Partial<(typeof list)[number]>) => {
    const before = list[at];
    if (before) onChange({ attributes: replaced(list, at, { ...before, ...change }) });
  };
  const free = vocabulary.attributes.filter((one) => !list.some((known) => known.name === one.value));
  return (
    <>
      {list.map((one, at) => {
        const error = fault(`${place}.${at}.among`);
        const choices = vocabulary.attributes.find((known) => known.value === one.name)?.choices ?? [];
        return (
          <div key={one.name} className={own.attribute}>
            <span className={own.quiet}>
              {t("condition.attributeIs", {
                name: vocabulary.attributes.find((known) => known.value === one.name)?.label ?? one.name,
              })}
            </span>
            <TagsInput
              className={own.grow}
              aria-label={t("condition.valuesOf", { name: one.name })}
              data={[...choices]}
              value={[...one.among]}
              acceptValueOnBlur
              {...(error && { error })}
              onChange={(among) => set(at, { among })}
            />
            <IconButton
              icon="close"
              size="s"
              label={t("condition.remove", { name: one.name })}
              onClick={() => onChange({ attributes: without(list, at) })}
            />
          </div>
        );
      })}
      {(free.length > 0 || list.length === 0) && (
        <Select
          aria-label={t("condition.chooseAttribute")}
          placeholder={t(free.length === 0 ? "attributes.none.title" : "condition.chooseAttribute")}
          data={free.map(({ value, label }) => ({ value, label }))}
          value={null}
          disabled={free.length === 0}
          onChange={(name) => name && onChange({ attributes: [...list, { name, among: [] }] })}
        />
      )}
    </>
  );
}
