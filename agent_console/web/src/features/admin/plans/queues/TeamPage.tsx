/** The team: what each can do, how much they take at once, and which queues they serve. */
import { MultiSelect, NumberInput, Switch } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { Bar } from "@/features/admin/parts/Bar";
import { Form } from "@/features/admin/parts/Form";
import { OpenItem } from "@/features/admin/parts/OpenItem";
import { changeMember, useTeam } from "@/features/admin/plans/api";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import { Skills } from "@/features/admin/plans/parts/Skills";
import type { TeamMember } from "@/features/admin/plans/types";
import { labelIn, useVocabulary, type Vocabulary } from "@/features/admin/plans/vocabulary";
import { useFaultAt, useSaving } from "@/features/admin/use-saving";
import { Avatar } from "@/ui/Avatar";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

const CLASSES = ["chat", "email", "comment"] as const; // of calls there is one at a time
const CAPACITY_MAX = 100;

export default function TeamPage() {
  const { t } = useTranslation();
  const team = useTeam();
  const { vocabulary, error, retry } = useVocabulary();
  if (!team.data || !vocabulary) {
    return error === null ? <Skeleton lines={6} /> : <Fault error={error} onRetry={retry} />;
  }
  return (
    <>
      <Bar hint={t("team.hint")} />
      <ul className={css.list}>
        {team.data
          .filter((one) => !one.disabled)
          .map((one) => (
            <Item key={one.id} one={one} vocabulary={vocabulary} />
          ))}
      </ul>
    </>
  );
}

interface Props {
  one: TeamMember;
  vocabulary: Vocabulary;
}

function Item({ one, vocabulary }: Props) {
  const { t } = useTranslation();
  const queues = one.queue_ids.map((id) => labelIn(vocabulary.queues, id));
  return (
    <OpenItem
      mark={<Avatar name={one.display_name} />}
      name={one.display_name}
      about={[t("admin.capacity", { count: one.capacity }), queues.join(", ")].filter(Boolean).join(" · ")}
      badge={
        <span className={parts.chips}>
          {Object.entries(one.skills).map(([skill, level]) => (
            <span key={skill} className={css.badge}>
              {skill} {level}
            </span>
          ))}
        </span>
      }
    >
      {(close) => <TeamForm one={one} vocabulary={vocabulary} onDone={close} />}
    </OpenItem>
  );
}

function TeamForm({ one, vocabulary, onDone }: Props & { onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const saving = useSaving(onDone);
  const faultAt = useFaultAt(saving.faults);
  const { capacity, limits, skills, auto_accept, queue_ids } = one;
  const [draft, setDraft] = useState({ capacity, limits, skills, auto_accept, queue_ids });
  const set = (change: Partial<typeof draft>) => setDraft((known) => ({ ...known, ...change }));
  const save = () => changeMember(client, one.id, draft);
  return (
    <Form isNew={false} saving={saving} onSave={save} onCancel={onDone}>
      <div>
        <p className={parts.label}>{t("team.skills")}</p>
        <Skills
          label={t("team.skills")}
          skills={Object.entries(draft.skills).map(([skill, level]) => ({ skill, level }))}
          known={vocabulary.skills}
          error={faultAt("body.skills")}
          onChange={(list) => set({ skills: Object.fromEntries(list.map(({ skill, level }) => [skill, level])) })}
        />
      </div>
      <div className={css.fields}>
        <NumberInput
          label={t("admin.capacityLabel")}
          description={t("team.capacityHint")}
          value={draft.capacity}
          min={0}
          max={CAPACITY_MAX}
          allowDecimal={false}
          error={faultAt("body.capacity")}
          onChange={(value) => typeof value === "number" && set({ capacity: value })}
        />
        <MultiSelect
          label={t("admin.queues")}
          data={[...vocabulary.queues]}
          value={[...draft.queue_ids]}
          error={faultAt("body.queue_ids")}
          onChange={(chosen) => set({ queue_ids: chosen })}
        />
        {CLASSES.map((name) => (
          <NumberInput
            key={name}
            label={t("team.limit", { what: t(`workClass.${name}`) })}
            placeholder={t("team.noLimit")}
            value={(draft.limits as Record<string, number>)[name] ?? ""}
            min={0}
            max={CAPACITY_MAX}
            allowDecimal={false}
            error={faultAt(`body.limits.${name}`)}
            onChange={(value) => {
              const { [name]: _, ...others } = draft.limits as Record<string, number>;
              set({ limits: typeof value === "number" ? { ...others, [name]: value } : others });
            }}
          />
        ))}
        <Switch
          className={css.switch}
          label={t("queues.autoAccept")}
          description={t("team.autoAcceptHint")}
          checked={draft.auto_accept}
          onChange={(event) => set({ auto_accept: event.currentTarget.checked })}
        />
      </div>
    </Form>
  );
}
