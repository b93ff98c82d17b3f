/** What an automation does, one after the other. */
import { Select, TagsInput, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/data/session";
import { replaced, without } from "@/features/admin/plans/draft";
import { useFault } from "@/features/admin/plans/parts/faults";
import { AddMenu, NamedRow } from "@/features/admin/plans/parts/NamedRow";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import { PrioritySelect } from "@/features/admin/plans/parts/PrioritySelect";
import { Span } from "@/features/admin/plans/parts/Span";
import type { Action } from "@/features/admin/plans/types";
import type { Choice, Vocabulary } from "@/features/admin/plans/vocabulary";
import { mayAdminister } from "@/lib/permissions";

const FRESH = (vocabulary: Vocabulary): Readonly<Record<Action["do"], Action>> => ({
  add_tags: { do: "add_tags", tags: [] },
  remove_tags: { do: "remove_tags", tags: [] },
  set_priority: { do: "set_priority", priority: 1 },
  set_lifecycle: { do: "set_lifecycle", lifecycle: vocabulary.lifecycle[0]?.value ?? null },
  move_to_queue: { do: "move_to_queue", queue_id: vocabulary.queues[0]?.value ?? "" },
  assign_to: { do: "assign_to", agent_id: vocabulary.agents[0]?.value ?? "" },
  send_reply: { do: "send_reply", text: "" },
  call_webhook: { do: "call_webhook", url: "" },
  snooze: { do: "snooze", for_s: 3600 },
  close: { do: "close", disposition: null },
});

interface Props {
  actions: readonly Action[];
  vocabulary: Vocabulary;
  place: string;
  onChange: (actions: readonly Action[]) => void;
}

export function Actions({ actions, vocabulary, place, onChange }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const fresh = FRESH(vocabulary);
  const names = (Object.keys(fresh) as Action["do"][]).filter(
    (name) => name !== "call_webhook" || mayAdminister(me.agent), // what leaves the house is for administrators
  );
  return (
    <div>
      <p className={parts.label}>{t("automation.then")}</p>
      {actions.map((action, at) => (
        <NamedRow
          // biome-ignore lint/suspicious/noArrayIndexKey: an action is its place
          key={`${at} ${action.do}`}
          name={t(`deed.${action.do}`)}
          onRemove={() => onChange(without(actions, at))}
        >
          <Field
            action={action}
            vocabulary={vocabulary}
            place={`${place}.${at}`}
            onChange={(changed) => onChange(replaced(actions, at, changed))}
          />
        </NamedRow>
      ))}
      <AddMenu
        label={t("automation.addAction")}
        choices={names}
        nameOf={(name) => t(`deed.${name}`)}
        onAdd={(name) => onChange([...actions, fresh[name]])}
      />
    </div>
  );
}

interface FieldProps {
  action: Action;
  vocabulary: Vocabulary;
  place: string;
  onChange: (action: Action) => void;
}

function Field({ action, vocabulary, place, onChange }: FieldProps): ReactNode {
  const { t } = useTranslation();
  // A fault of a variant stands below its name: rules.0.then.1.add_tags.tags
  const error = useFault()(place);
  const common = { "aria-label": t(`deed.${action.do}`), ...(error && { error }) };
  const one = (data: readonly Choice[], value: string | null, pick: (chosen: string) => Action) => (
    <Select
      {...common}
      data={[...data]}
      value={value}
      searchable
      allowDeselect={false}
      onChange={(chosen) => chosen && onChange(pick(chosen))}
    />
  );
  switch (action.do) {
    case "add_tags":
    case "remove_tags":
      return (
        <TagsInput
          {...common}
          acceptValueOnBlur
          placeholder={action.tags.length === 0 ? t("admin.tagsHint") : ""}
          value={[...action.tags]}
          onChange={(tags) => onChange({ ...action, tags })}
        />
      );
    case "set_priority":
      return (
        <PrioritySelect
          value={action.priority}
          onChange={(priority) => priority !== null && onChange({ ...action, priority })}
        />
      );
    case "set_lifecycle":
      return one(vocabulary.lifecycle, action.lifecycle, (lifecycle) => ({ ...action, lifecycle }));
    case "move_to_queue":
      return one(vocabulary.queues, action.queue_id, (queue_id) => ({ ...action, queue_id }));
    case "assign_to":
      return one(vocabulary.agents, action.agent_id, (agent_id) => ({ ...action, agent_id }));
    case "send_reply":
      return (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxLength={2000}
          description={t("automation.replyHint")}
          value={action.text}
          onChange={(event) => onChange({ ...action, text: event.currentTarget.value })}
        />
      );
    case "call_webhook":
      return (
        <TextInput
          {...common}
          type="url"
          spellCheck={false}
          placeholder="https://"
          value={action.url}
          onChange={(event) => onChange({ ...action, url: event.currentTarget.value })}
        />
      );
    case "snooze":
      return (
        <Span
          name={t("deed.snooze")}
          seconds={action.for_s}
          units={["min", "h", "d"]}
          error={error}
          onChange={(for_s) => for_s !== null && onChange({ ...action, for_s })}
        />
      );
    case "close":
      return (
        <Select
          {...common}
          data={[...vocabulary.dispositions]}
          value={action.disposition}
          placeholder={t("automation.noDisposition")}
          clearable
          onChange={(disposition) => onChange({ ...action, disposition })}
        />
      );
  }
}
