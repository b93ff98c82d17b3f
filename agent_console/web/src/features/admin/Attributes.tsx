/** What is written down of customers, besides name, numbers and notes. */
import { NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { type AttributeIn, keyOf, labelOf, putAttribute, useAttributes } from "@/features/admin/attributes";
import { AddBar } from "@/features/admin/parts/Bar";
import { Form } from "@/features/admin/parts/Form";
import { OpenItem } from "@/features/admin/parts/OpenItem";
import { useFaultAt, useSaving } from "@/features/admin/use-saving";
import type { AttributeDefinition } from "@/lib/api/types";
import { Empty } from "@/ui/Empty";
import { Fault } from "@/ui/Fault";
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
      <AddBar hint={t("attributes.hint")} add={t("attributes.add")} disabled={isAdding} onAdd={() => setAdding(true)} />
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
  return (
    <OpenItem
      name={labelOf(one, i18n.language)}
      about={[one.key, ...one.choices].join(" · ")}
      badge={
        <span className={css.badge}>{one.retired ? t("attributes.retired") : t(`attributes.kind.${one.kind}`)}</span>
      }
    >
      {(close) => <AttributeForm one={one} position={one.position} onDone={close} />}
    </OpenItem>
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
  const save = () => {
    const label_en = draft.label_en.trim() || draft.label_vi;
    const choices = draft.kind === "choice" ? draft.choices : [];
    return putAttribute(client, one?.key ?? keyOf(draft.label_vi), { ...draft, label_en, choices });
  };
  return (
    <Form isNew={one === undefined} saving={saving} onSave={save} onCancel={onDone}>
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
    </Form>
  );
}
