/** The rules, in the order in which a shop thinks of them. Nothing is changed here: "try" shows what would be. */
import { MultiSelect, NumberInput, Select, TagsInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import {
  accountRule,
  type EditedSource,
  type EditedStrength,
  type Mode,
  modeOf,
  SOURCES,
  STRENGTHS,
  sameRules,
  withAccount,
  withExpiry,
  withSource,
  withStrength,
} from "@/features/admin/policy/draft";
import own from "@/features/admin/policy/Policy.module.css";
import { type Saving, useFaultAt } from "@/features/admin/use-saving";
import type { Channel, ChannelAccount, Rules } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { Button } from "@/ui/Button";

interface Props {
  rules: Rules;
  defaults: Rules;
  accounts: readonly ChannelAccount[];
  saving: Saving;
  isLocked: boolean; // another change is being carried out
  onTry: (rules: Rules) => void;
}

interface Part {
  draft: Rules;
  set: (rules: Rules) => void;
  fault: (where: string) => string | undefined;
}

const CHANNELS: readonly Channel[] = ["hotline", "facebook", "zalo", "webchat", "email"];
const NUMBERS = [
  { name: "shared_phone_max", min: 1, max: 1000 },
  { name: "claims_per_identity_max", min: 1, max: 100 },
  { name: "recycled_after_days", min: 1, max: 3650 },
  { name: "identities_per_value_max", min: 2, max: 1000 },
  { name: "suggestions_per_value_max", min: 0, max: 20 },
] as const;
const DAYS_MAX = 3650;

export function RulesForm({ rules, defaults, accounts, saving, isLocked, onTry }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(rules);
  const faultAt = useFaultAt(saving.faults);
  const part: Part = { draft, set: setDraft, fault: (where) => faultAt(`body.rules.${where}`) };
  const isSame = sameRules(draft, rules);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onTry(draft);
  };
  return (
    <form className={css.form} data-alone onSubmit={submit} noValidate>
      <Strengths {...part} />
      <Limits {...part} />
      <Accounts {...part} accounts={accounts} />
      <Sources {...part} />
      <TagsInput
        label={t("rules.neverKeys")}
        description={t("rules.neverKeysHint")}
        placeholder={t("admin.tagsHint")}
        value={draft.never_keys.map(phone)}
        error={part.fault("never_keys")}
        acceptValueOnBlur
        onChange={(never_keys) => setDraft({ ...draft, never_keys })}
      />
      <div className={css.formFoot}>
        <Button kind="primary" type="submit" disabled={saving.isBusy || isSame || isLocked}>
          {t("rules.try")}
        </Button>
        <Button kind="quiet" disabled={isSame} onClick={() => setDraft(rules)}>
          {t("rules.reset")}
        </Button>
        <Button kind="quiet" disabled={sameRules(draft, defaults)} onClick={() => setDraft(defaults)}>
          {t("rules.defaults")}
        </Button>
        <span className={css.meta}>{isSame ? t("rules.unchanged") : t("rules.tryHint")}</span>
      </div>
    </form>
  );
}

function useModes(): (withIgnore: boolean) => { value: Mode; label: string }[] {
  const { t } = useTranslation();
  return (withIgnore) =>
    (["merge", "suggest", ...(withIgnore ? (["ignore"] as const) : [])] as const).map((value) => ({
      value,
      label: t(`rules.mode.${value}`),
    }));
}

function Strengths({ draft, set, fault }: Part) {
  const { t } = useTranslation();
  const modes = useModes();
  const expiry = (strength: EditedStrength) => (draft.expires_after_days as Record<string, number>)?.[strength] ?? "";
  return (
    <fieldset className={css.group}>
      <legend>{t("rules.strengths")}</legend>
      {STRENGTHS.map((strength) => (
        <div key={strength} className={own.line}>
          <div className={own.words}>
            <p className={css.name}>{t(`rules.strength.${strength}.name`)}</p>
            <p className={css.meta}>{t(`rules.strength.${strength}.hint`)}</p>
          </div>
          <Select
            className={own.mode}
            aria-label={t(`rules.strength.${strength}.name`)}
            data={modes(strength === "claimed")}
            value={modeOf(draft.strengths, strength)}
            allowDeselect={false}
            error={fault(`strengths.${strength}`)}
            onChange={(mode) => mode && set(withStrength(draft, strength, mode as Mode))}
          />
          <NumberInput
            className={own.days}
            aria-label={t("rules.expires", { what: t(`rules.strength.${strength}.name`) })}
            placeholder={t("rules.never")}
            suffix={t("rules.days")}
            value={expiry(strength)}
            min={1}
            max={DAYS_MAX}
            allowDecimal={false}
            hideControls
            error={fault(`expires_after_days.${strength}`)}
            onChange={(days) => set(withExpiry(draft, strength, typeof days === "number" ? days : null))}
          />
        </div>
      ))}
      <p className={css.meta}>{t("rules.expiryHint")}</p>
    </fieldset>
  );
}

function Limits({ draft, set, fault }: Part) {
  const { t } = useTranslation();
  return (
    <fieldset className={css.group}>
      <legend>{t("rules.limits")}</legend>
      <div className={css.fields}>
        {NUMBERS.map(({ name, min, max }) => (
          <NumberInput
            key={name}
            label={t(`rules.${name}.name`)}
            description={t(`rules.${name}.hint`)}
            value={draft[name]}
            min={min}
            max={max}
            allowDecimal={false}
            hideControls
            error={fault(name)}
            onChange={(value) => typeof value === "number" && set({ ...draft, [name]: value })}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Accounts({ draft, set, fault, accounts }: Part & { accounts: readonly ChannelAccount[] }) {
  const { t } = useTranslation();
  const modes = useModes();
  const lasting = (["", "yes", "no"] as const).map((value) => ({
    value,
    label: t(`rules.lasting.${value || "usual"}`),
  }));
  return (
    <fieldset className={css.group}>
      <legend>{t("rules.channels")}</legend>
      <MultiSelect
        label={t("rules.lastingChannels")}
        description={t("rules.lastingChannelsHint")}
        data={CHANNELS.map((channel) => ({ value: channel, label: t(`channel.${channel}`) }))}
        value={[...draft.lasting_channels]}
        error={fault("lasting_channels")}
        onChange={(chosen) => set({ ...draft, lasting_channels: chosen as Channel[] })}
      />
      {accounts.map((account) => {
        const rule = accountRule(draft, account.id);
        return (
          <div key={account.id} className={own.line}>
            <div className={own.words}>
              <p className={css.name}>{account.display_name}</p>
              <p className={css.meta}>{`${t(`channel.${account.channel}`)} · ${account.id}`}</p>
            </div>
            <Select
              className={own.mode}
              label={t("rules.claims")}
              data={modes(true)}
              value={rule.claims}
              allowDeselect={false}
              onChange={(claims) => claims && set(withAccount(draft, { ...rule, claims: claims as Mode }))}
            />
            <Select
              className={own.mode}
              label={t("rules.lasting.label")}
              data={lasting}
              value={rule.lasting === null || rule.lasting === undefined ? "" : rule.lasting ? "yes" : "no"}
              allowDeselect={false}
              onChange={(chosen) => set(withAccount(draft, { ...rule, lasting: chosen ? chosen === "yes" : null }))}
            />
          </div>
        );
      })}
    </fieldset>
  );
}

function Sources({ draft, set, fault }: Part) {
  const { t } = useTranslation();
  const modes = useModes();
  return (
    <details className={css.advanced}>
      <summary>{t("rules.sources")}</summary>
      <div className={css.fields}>
        {SOURCES.map((source: EditedSource) => (
          <Select
            key={source}
            label={t(`source.${source}`)}
            data={modes(true)}
            value={modeOf(draft.sources, source)}
            allowDeselect={false}
            error={fault(`sources.${source}`)}
            onChange={(mode) => mode && set(withSource(draft, source, mode as Mode))}
          />
        ))}
      </div>
    </details>
  );
}
