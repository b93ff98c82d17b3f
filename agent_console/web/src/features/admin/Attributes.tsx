/** What is written down of customers, besides name, numbers and notes. */
import { NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { type AttributeIn, keyOf, labelOf, putAttribute, useAttributes } from "@/features/admin/attributes";
import { useFaultAt, useSaving } from "@/features/admin/use-saving";
import type { AttributeDefinition } from "@/lib/api/types";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Skeleton } from "@/ui/Skeleton";

const KINDS = ["text", "number", "date", "choice"] as const;
const POSITION_MAX = 1000;

export default function Attributes() {
  const { t } = useTranslation();
  const attributes = useAttributes();
  const [isAdding, setAdding] = useState(false);
  if (attributes.error !== null) return <Fault error={attributes.error} onRetry={() => void attributes.refetch()} />;
  if (!attributes.data) return <Skeleton lines={4} />;
  return (
    <>
      <div className={css.bar}>
        <p className={css.hint}>{t("attributes.hint")}</p>
        <Button kind="primary" icon="plus" onClick={() => setAdding(true)} disabled={isAdding}>
          {t("attributes.add")}
        </Button>
      </div>
      {isAdding && <AttributeForm onDone={() => setAdding(false)} position={attributes.data.length} />}
      {attributes.data.length === 0 && !isAdding && (
        <Empty title={t("attributes.none.title")} hint={t("attributes.none.hint")} />
      )}
      {attributes.data.length > 0 && (
        <ul className={css.list}>
          {attributes.data.map((one) => (
            <Item key={one.key} one={one} />
          ))}
        </ul>
      )}
    </>
  );
}

function Item({ one }: { one: AttributeDefinition }) {
  const { t, i18n } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <li className={css.item}>
      <button type="button" className={css.itemHead} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className={css.words}>
          <span className={css.name}>{labelOf(one, i18n.language)}</span>
          <br />
          <span className={css.meta}>{[one.key, ...one.choices].join(" · ")}</span>
        </span>
        <span className={css.badge}>{one.retired ? t("attributes.retired") : t(`attributes.kind.${one.kind}`)}</span>
        <Icon name={isOpen ? "down" : "right"} />
      </button>
      {isOpen && <AttributeForm one={one} position={one.position} onDone={() => setOpen(false)} />}
    </li>
  );
}

interface FormProps {
  one?: AttributeDefinition;
  position: number;
  onDone: () => void;
}

function AttributeForm({ one, position, onDone }: FormProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const saving = useSaving(onDone);
  const faultAt = useFaultAt(saving.faults);
  const [draft, setDraft] = useState<Required<AttributeIn>>({
    kind: one?.kind ?? "text",
    label_vi: one?.label_vi ?? "",
    label_en: one?.label_en ?? "",
    choices: one?.choices ?? [],
    position: one?.position ?? position,
    retired: one?.retired ?? false,
  });
  const set = (change: Partial<AttributeIn>) => setDraft((known) => ({ ...known, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const label_en = draft.label_en.trim() || draft.label_vi;
    const choices = draft.kind === "choice" ? draft.choices : [];
    saving.run(() => putAttribute(client, one?.key ?? keyOf(draft.label_vi), { ...draft, label_en, choices }));
  };
  return (
    <form className={css.form} data-alone={one === undefined || undefined} onSubmit={submit} noValidate>
      <div className={css.fields}>
        <TextInput
          label={t("attributes.labelVi")}
          description={one ? undefined : t("attributes.keyHint", { key: keyOf(draft.label_vi) || "…" })}
          value={draft.label_vi}
          error={faultAt("body.label_vi")}
          onChange={(e) => set({ label_vi: e.currentTarget.value })}
        />
        <TextInput
          label={t("attributes.labelEn")}
          value={draft.label_en}
          error={faultAt("body.label_en")}
          onChange={(e) => set({ label_en: e.currentTarget.value })}
        />
        <Select
          label={t("attributes.kindLabel")}
          data={KINDS.map((kind) => ({ value: kind, label: t(`attributes.kind.${kind}`) }))}
          value={draft.kind}
          disabled={one !== undefined}
          allowDeselect={false}
          onChange={(kind) => kind && set({ kind: kind as AttributeIn["kind"] })}
        />
        <NumberInput
          label={t("attributes.position")}
          value={draft.position}
          min={0}
          max={POSITION_MAX}
          allowDecimal={false}
          error={faultAt("body.position")}
          onChange={(at) => typeof at === "number" && set({ position: at })}
        />
        {draft.kind === "choice" && (
          <TagsInput
            className={css.wide}
            label={t("attributes.choices")}
            description={t("admin.tagsHint")}
            value={[...draft.choices]}
            error={faultAt("body.choices")}
            onChange={(choices) => set({ choices })}
          />
        )}
        {one && (
          <Switch
            className={css.switch}
            label={t("attributes.retire")}
            description={t("attributes.retireHint")}
            checked={draft.retired}
            onChange={(e) => set({ retired: e.currentTarget.checked })}
          />
        )}
      </div>
      {saving.error !== null && <Fault error={saving.error} />}
      <div className={css.formFoot}>
        <Button kind="primary" type="submit" disabled={saving.isBusy}>
          {t("action.save")}
        </Button>
        <Button kind="quiet" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </form>
  );
}
