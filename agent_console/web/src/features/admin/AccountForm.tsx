/** One channel account: a new one, or what can be changed of one that is there. The hub checks; faults stand at their fields. */
import { Select, Switch, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { addChannelAccount, changeChannelAccount } from "@/features/admin/api";
import { Form } from "@/features/admin/parts/Form";
import { SettingsFields } from "@/features/admin/SettingsFields";
import { fieldsOf, type Schema, toSettings, type Values } from "@/features/admin/settings";
import { useFaultAt, useSaving } from "@/features/admin/use-saving";
import type { Channel, ChannelAccount, ChannelDescription } from "@/lib/api/types";
import { fold } from "@/lib/format/text";

interface Props {
  channels: readonly ChannelDescription[];
  account?: ChannelAccount;
  onDone: () => void;
  children?: ReactNode;
}

export function AccountForm({ channels, account, onDone, children }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const saving = useSaving(onDone);
  const faultAt = useFaultAt(saving.faults);
  const [channel, setChannel] = useState<Channel | undefined>(account?.channel ?? channels[0]?.channel);
  const [name, setName] = useState(account?.display_name ?? "");
  const [id, setId] = useState<string | null>(account?.id ?? null);
  const [active, setActive] = useState(account?.active ?? true);
  const [values, setValues] = useState<Values>(account?.settings ?? {});
  const schema = channels.find((candidate) => candidate.channel === channel)?.settings_schema as Schema | undefined;
  const fields = useMemo(() => (schema ? fieldsOf(schema) : []), [schema]);
  const shownId = id ?? idFrom(channel, name);

  const save = async () => {
    if (channel === undefined) return;
    const body = { display_name: name.trim(), settings: toSettings(fields, values, account?.secrets), active };
    await (account
      ? changeChannelAccount(client, account.id, body)
      : addChannelAccount(client, { id: shownId, channel, ...body }));
  };

  return (
    <Form
      isNew={account === undefined}
      saving={saving}
      save={t(account ? "action.save" : "admin.connect")}
      onSave={save}
      onCancel={onDone}
    >
      {children}
      <div className={css.fields}>
        {!account && (
          <Select
            label={t("admin.channel")}
            data={channels.map((one) => ({ value: one.channel, label: t(`channel.${one.channel}`) }))}
            value={channel ?? null}
            allowDeselect={false}
            onChange={(next) => {
              setChannel((next ?? undefined) as Channel | undefined);
              setValues({});
            }}
          />
        )}
        <TextInput
          label={t("admin.accountName")}
          value={name}
          onChange={(change) => setName(change.currentTarget.value)}
          error={faultAt("body.display_name")}
        />
        {!account && (
          <TextInput
            label={t("admin.accountId")}
            description={t("admin.accountIdHint")}
            value={shownId}
            spellCheck={false}
            onChange={(change) => setId(change.currentTarget.value)}
            error={faultAt("body.id")}
          />
        )}
        <Switch
          className={css.switchBeside}
          label={t("admin.activeSwitch")}
          checked={active}
          onChange={(change) => setActive(change.currentTarget.checked)}
        />
      </div>
      <SettingsFields
        key={channel}
        fields={fields}
        values={values}
        onChange={setValues}
        path="body.settings"
        faults={saving.faults}
        secretsSet={account?.secrets ?? []}
      />
    </Form>
  );
}

/** facebook + "Điện máy Hoa" -> facebook-dien-may-hoa: what AccountId allows. */
export function idFrom(channel: Channel | undefined, name: string): string {
  const slug = fold(name)
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return [channel, slug].filter(Boolean).join("-").slice(0, 63);
}
