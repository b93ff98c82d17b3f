/** One queue: a new one, or its settings and the people who serve it. */
import { MultiSelect, NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { Form } from "@/features/admin/parts/Form";
import { addQueue, changeQueue, readQueue } from "@/features/admin/plans/api";
import { rebased } from "@/features/admin/plans/draft";
import { Span } from "@/features/admin/plans/parts/Span";
import type { QueueDetail, QueueSettings, TeamMember } from "@/features/admin/plans/types";
import type { Vocabulary } from "@/features/admin/plans/vocabulary";
import { useFaultAt, useSaving } from "@/features/admin/use-saving";
import { asProblem } from "@/lib/api/problems";

interface Props {
  queue?: QueueDetail;
  team: readonly TeamMember[];
  vocabulary: Vocabulary;
  onDone: () => void;
}

type Draft = Pick<QueueDetail, "name" | "offer_s" | "settings" | "member_ids">;

const FRESH: Draft = {
  name: "",
  offer_s: 20,
  member_ids: [],
  settings: {
    calendar: null,
    out_of_hours_reply: null,
    offer_out_of_hours: true,
    sticky_s: 60,
    overflow_queue_id: null,
    overflow_after_s: null,
    auto_accept: false,
    wrap_up_s: 0,
    sla_policy: null,
    callback: false,
    call_ring_s: 20,
  },
};
const REPLY_MAX = 2000;

export function QueueForm({ queue, team, vocabulary, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const saving = useSaving(onDone);
  const faultAt = useFaultAt(saving.faults);
  const [base, setBase] = useState(queue); // what was opened
  const [draft, setDraft] = useState<Draft>(queue ?? FRESH);
  const set = (change: Partial<Draft>) => setDraft((known) => ({ ...known, ...change }));
  const put = (change: Partial<QueueSettings>) => set({ settings: { ...draft.settings, ...change } });
  const of = (field: keyof QueueSettings) => {
    const error = faultAt(`body.settings.${field}`);
    return error ? { error } : {};
  };
  const { settings } = draft;
  const save = () => {
    const { name, offer_s, member_ids } = draft;
    const out_of_hours_reply = settings.out_of_hours_reply?.trim() || null;
    const body = { name, offer_s, member_ids, settings: { ...settings, out_of_hours_reply } };
    return base ? change(base, body) : addQueue(client, body);
  };
  const change = async (seen: QueueDetail, body: Draft) => {
    try {
      await changeQueue(client, seen.id, { ...body, seen: seen.version });
    } catch (failed) {
      const newest = asProblem(failed).code === "queue_outdated" ? await readQueue(client, seen.id) : undefined;
      if (newest !== undefined) {
        setBase(newest);
        setDraft((mine) => joined(seen, mine, newest));
      }
      throw failed; // looked over before it is saved
    }
  };
  const seconds = (field: "sticky_s" | "wrap_up_s") => ({
    label: t(`queues.${field}`),
    hint: t(`queues.${field}_hint`),
    seconds: settings[field],
    units: ["s", "min", "h"] as const,
    ...of(field),
    onChange: (value: number | null) => value !== null && put({ [field]: value }),
  });
  return (
    <Form
      isNew={queue === undefined}
      saving={saving}
      save={t(queue ? "action.save" : "queues.add")}
      onSave={save}
      onCancel={onDone}
    >
      <div className={css.fields}>
        <TextInput
          label={t("queues.name")}
          value={draft.name}
          error={faultAt("body.name")}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <MultiSelect
          className={css.wide}
          label={t("queues.membersLabel")}
          data={team
            .filter((one) => !one.disabled || draft.member_ids.includes(one.id))
            .map((one) => ({ value: one.id, label: [one.display_name, skillsOf(one)].filter(Boolean).join(" · ") }))}
          value={[...draft.member_ids]}
          searchable
          hidePickedOptions
          error={faultAt("body.member_ids")}
          onChange={(member_ids) => set({ member_ids })}
        />
      </div>
      <fieldset className={css.group}>
        <legend>{t("queues.hours")}</legend>
        <div className={css.fields}>
          <Select
            label={t("planField.calendar")}
            data={[...vocabulary.calendars]}
            value={settings.calendar}
            placeholder={t("hours.aroundTheClock")}
            clearable
            {...of("calendar")}
            onChange={(calendar) => put({ calendar })}
          />
          <Switch
            className={css.switch}
            label={t("queues.offerOutOfHours")}
            description={t("queues.offerOutOfHoursHint")}
            checked={settings.offer_out_of_hours}
            disabled={settings.calendar === null}
            onChange={(event) => put({ offer_out_of_hours: event.currentTarget.checked })}
          />
          <Textarea
            className={css.wide}
            label={t("queues.reply")}
            description={t("queues.replyHint")}
            autosize
            minRows={2}
            maxLength={REPLY_MAX}
            disabled={settings.calendar === null}
            value={settings.out_of_hours_reply ?? ""}
            {...of("out_of_hours_reply")}
            onChange={(event) => put({ out_of_hours_reply: event.currentTarget.value })}
          />
        </div>
      </fieldset>
      <fieldset className={css.group}>
        <legend>{t("queues.offers")}</legend>
        <div className={css.fields}>
          <NumberInput
            label={t("queues.offer_s")}
            suffix={t("queues.secondsSuffix")}
            value={draft.offer_s}
            min={5}
            max={600}
            allowDecimal={false}
            hideControls
            error={faultAt("body.offer_s")}
            onChange={(value) => typeof value === "number" && set({ offer_s: value })}
          />
          <Span {...seconds("sticky_s")} />
          <Span {...seconds("wrap_up_s")} />
          <Switch
            className={css.switch}
            label={t("queues.autoAccept")}
            description={t("queues.autoAcceptHint")}
            checked={settings.auto_accept}
            onChange={(event) => put({ auto_accept: event.currentTarget.checked })}
          />
        </div>
      </fieldset>
      <fieldset className={css.group}>
        <legend>{t("queues.waiting")}</legend>
        <div className={css.fields}>
          <Select
            label={t("planField.sla_policy")}
            data={[...vocabulary.policies]}
            value={settings.sla_policy}
            placeholder={t("queues.slaByRule")}
            clearable
            {...of("sla_policy")}
            onChange={(sla_policy) => put({ sla_policy })}
          />
          <Select
            label={t("queues.overflow")}
            data={vocabulary.queues.filter((one) => one.value !== queue?.id)}
            value={settings.overflow_queue_id}
            placeholder={t("queues.noOverflow")}
            clearable
            {...of("overflow_queue_id")}
            onChange={(id) => put({ overflow_queue_id: id, overflow_after_s: id === null ? null : 300 })}
          />
          {settings.overflow_queue_id !== null && (
            <Span
              label={t("queues.overflowAfter")}
              seconds={settings.overflow_after_s}
              {...of("overflow_after_s")}
              onChange={(overflow_after_s) => put({ overflow_after_s })}
            />
          )}
        </div>
      </fieldset>
      <fieldset className={css.group}>
        <legend>{t("queues.calls")}</legend>
        <div className={css.fields}>
          <NumberInput
            label={t("queues.call_ring_s")}
            suffix={t("queues.secondsSuffix")}
            value={settings.call_ring_s}
            min={5}
            max={120}
            allowDecimal={false}
            hideControls
            {...of("call_ring_s")}
            onChange={(value) => typeof value === "number" && put({ call_ring_s: value })}
          />
          <Switch
            className={css.switch}
            label={t("queues.callback")}
            description={t("queues.callbackHint")}
            checked={settings.callback}
            onChange={(event) => put({ callback: event.currentTarget.checked })}
          />
        </div>
      </fieldset>
    </Form>
  );
}

/** My changes onto theirs. */
function joined(base: Draft, mine: Draft, theirs: Draft): Draft {
  const settings = rebased(base.settings, mine.settings, theirs.settings).document;
  return { ...rebased<Draft>(base, mine, theirs).document, settings };
}

function skillsOf(member: TeamMember): string {
  return Object.entries(member.skills)
    .map(([skill, level]) => `${skill} ${level}`)
    .join(", ");
}
