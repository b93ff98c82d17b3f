/** One agent: a new one, or what can be changed. */
import { MultiSelect, NumberInput, PasswordInput, Select, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { addAgent, changeAgent } from "@/features/admin/api";
import { Form } from "@/features/admin/parts/Form";
import { useFaultAt, useSaving } from "@/features/admin/use-saving";
import type { AgentDetail, AgentIn, Queue } from "@/lib/api/types";

const ROLES = ["agent", "supervisor", "admin"] as const;
const CAPACITY_MAX = 100;
const CAPACITY_USUAL = 5;

interface Props {
  queues: readonly Queue[];
  agent?: AgentDetail;
  onDone: () => void;
}

type Draft = Omit<AgentIn, "locale"> & { disabled: boolean };

function draftFrom(agent: AgentDetail | undefined): Draft {
  return {
    login: agent?.login ?? "",
    display_name: agent?.display_name ?? "",
    password: "",
    role: agent?.role ?? "agent",
    capacity: agent?.capacity ?? CAPACITY_USUAL,
    queue_ids: agent?.queue_ids ?? [],
    disabled: agent !== undefined && agent.disabled_at !== null,
  };
}

export function AgentForm({ queues, agent, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const saving = useSaving(onDone);
  const [draft, setDraft] = useState(() => draftFrom(agent));
  const set = (change: Partial<Draft>) => setDraft((known) => ({ ...known, ...change }));
  const faultAt = useFaultAt(saving.faults);
  const fault = (field: keyof Draft) => faultAt(`body.${field}`);

  const save = () => {
    const { login, password, disabled, ...rest } = draft;
    return agent
      ? changeAgent(client, agent.id, { ...rest, disabled, ...(password !== "" && { password }) })
      : addAgent(client, { ...rest, login: login.trim().toLowerCase(), password, locale: "vi" });
  };

  return (
    <Form
      isNew={agent === undefined}
      saving={saving}
      save={t(agent ? "action.save" : "admin.addAgent")}
      onSave={save}
      onCancel={onDone}
    >
      <div className={css.fields}>
        <TextInput
          label={t("admin.agentName")}
          value={draft.display_name}
          error={fault("display_name")}
          onChange={(e) => set({ display_name: e.currentTarget.value })}
        />
        {!agent && (
          <TextInput
            label={t("signIn.login")}
            value={draft.login}
            autoComplete="off"
            spellCheck={false}
            error={fault("login")}
            onChange={(e) => set({ login: e.currentTarget.value })}
          />
        )}
        <PasswordInput
          label={t(agent ? "admin.newPassword" : "signIn.password")}
          description={t(agent ? "admin.newPasswordHint" : "admin.passwordHint")}
          autoComplete="new-password"
          value={draft.password}
          error={fault("password")}
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          onChange={(e) => set({ password: e.currentTarget.value })}
        />
        <Select
          label={t("admin.role")}
          data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))}
          value={draft.role ?? "agent"}
          allowDeselect={false}
          error={fault("role")}
          onChange={(role) => role && set({ role: role as AgentIn["role"] & string })}
        />
        <NumberInput
          label={t("admin.capacityLabel")}
          value={draft.capacity ?? CAPACITY_USUAL}
          min={0}
          max={CAPACITY_MAX}
          allowDecimal={false}
          error={fault("capacity")}
          onChange={(capacity) => typeof capacity === "number" && set({ capacity })}
        />
        <MultiSelect
          label={t("admin.queues")}
          data={queues.map((queue) => ({ value: queue.id, label: queue.name }))}
          value={[...(draft.queue_ids ?? [])]}
          error={fault("queue_ids")}
          onChange={(queue_ids) => set({ queue_ids })}
        />
        {agent && (
          <Switch
            className={css.switch}
            label={t("admin.disabledSwitch")}
            description={t("admin.disabledHint")}
            checked={draft.disabled}
            onChange={(e) => set({ disabled: e.currentTarget.checked })}
          />
        )}
      </div>
    </Form>
  );
}
