/** "Where would this go, now, and why?": by the rules as they stand here, saved or not. Nothing is changed. */
import { SegmentedControl, Select, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { tryRouting, useTryableConversations } from "@/features/admin/plans/api";
import { CHANNELS, KINDS, LANGUAGES } from "@/features/admin/plans/condition-keys";
import own from "@/features/admin/plans/rules/Try.module.css";
import { TryAnswer } from "@/features/admin/plans/rules/TryAnswer";
import { EMPTY_FACTS, type Tryable, tryBody } from "@/features/admin/plans/rules/try";
import type { RoutingRules } from "@/features/admin/plans/types";
import type { Vocabulary } from "@/features/admin/plans/vocabulary";
import type { Channel } from "@/lib/api/types";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

interface Props {
  rules: RoutingRules;
  isDirty: boolean;
  vocabulary: Vocabulary;
  onRule: (ruleId: string) => void;
}

const SETTLE_MS = 400; // while somebody types into a rule

export function TryPanel({ rules, isDirty, vocabulary, onRule }: Props) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<Tryable>({ by: "facts", conversationId: null, facts: EMPTY_FACTS, at: "" });
  const [asked, setAsked] = useState<Tryable | null>(null);
  const settled = useSettled(rules);
  const answer = useQuery({
    queryKey: ["admin", "try-routing", asked, settled],
    queryFn: ({ signal }) => tryRouting(tryBody(asked as Tryable, settled), signal),
    enabled: asked !== null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
    placeholderData: (before) => before,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (asked === asking) void answer.refetch();
    else setAsked(asking);
  };
  const isReady = asking.by === "facts" || asking.conversationId !== null;
  return (
    <section className={own.panel} aria-label={t("try.title")}>
      <h2 className={own.title}>{t("try.title")}</h2>
      <form className={own.form} onSubmit={submit}>
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label={t("try.by")}
          data={(["facts", "conversation"] as const).map((value) => ({ value, label: t(`try.${value}`) }))}
          value={asking.by}
          onChange={(by) => setAsking({ ...asking, by: by as Tryable["by"] })}
        />
        {asking.by === "facts" ? (
          <FactFields asking={asking} vocabulary={vocabulary} onChange={setAsking} />
        ) : (
          <ConversationField
            chosen={asking.conversationId}
            onChange={(conversationId) => setAsking({ ...asking, conversationId })}
          />
        )}
        <TextInput
          size="xs"
          type="datetime-local"
          label={t("try.at")}
          value={asking.at}
          onChange={(event) => setAsking({ ...asking, at: event.currentTarget.value })}
        />
        <Button kind="primary" type="submit" size="s" icon="play" disabled={!isReady || answer.isFetching}>
          {t("try.go")}
        </Button>
      </form>
      {answer.error !== null && <Fault error={answer.error} />}
      {answer.data && (
        <>
          {isDirty && <p className={own.draft}>{t("try.byDraft")}</p>}
          <TryAnswer answer={answer.data} vocabulary={vocabulary} onRule={onRule} />
        </>
      )}
    </section>
  );
}

/** The value once it has not changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

interface FieldsProps {
  asking: Tryable;
  vocabulary: Vocabulary;
  onChange: (asking: Tryable) => void;
}

function FactFields({ asking, vocabulary, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const { facts } = asking;
  const set = (change: Partial<Tryable["facts"]>) => onChange({ ...asking, facts: { ...facts, ...change } });
  return (
    <>
      <Textarea
        size="xs"
        label={t("try.words")}
        autosize
        minRows={2}
        maxLength={2000}
        value={facts.words}
        onChange={(event) => set({ words: event.currentTarget.value })}
      />
      <div className={own.pair}>
        <Select
          size="xs"
          label={t("condition.name.channels")}
          data={CHANNELS.map((value) => ({ value, label: t(`channel.${value}`) }))}
          value={facts.channel}
          allowDeselect={false}
          onChange={(channel) => channel && set({ channel: channel as Channel })}
        />
        <Select
          size="xs"
          label={t("condition.name.kinds")}
          data={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
          value={facts.kind}
          allowDeselect={false}
          onChange={(kind) => kind && set({ kind: kind as Tryable["facts"]["kind"] })}
        />
      </div>
      <TagsInput
        size="xs"
        label={t("try.tags")}
        acceptValueOnBlur
        value={[...facts.tags]}
        onChange={(tags) => set({ tags })}
      />
      <details className={own.more}>
        <summary>{t("try.more")}</summary>
        <div className={own.form}>
          <Select
            size="xs"
            label={t("condition.name.accounts")}
            data={[...vocabulary.accounts]}
            value={facts.account}
            clearable
            onChange={(account) => set({ account })}
          />
          <div className={own.pair}>
            <Select
              size="xs"
              label={t("condition.name.languages")}
              data={LANGUAGES.map((value) => ({ value, label: t(`tongue.${value}`) }))}
              value={facts.language}
              allowDeselect={false}
              onChange={(language) => language && set({ language })}
            />
            <Select
              size="xs"
              label={t("condition.name.lifecycle")}
              data={[...vocabulary.lifecycle]}
              value={facts.lifecycle}
              clearable
              onChange={(lifecycle) => set({ lifecycle })}
            />
          </div>
          {vocabulary.attributes.map((one) => (
            <TextInput
              key={one.value}
              size="xs"
              label={one.label}
              value={facts.attributes[one.value] ?? ""}
              onChange={(event) => set({ attributes: { ...facts.attributes, [one.value]: event.currentTarget.value } })}
            />
          ))}
          <Switch
            size="xs"
            label={t("condition.known.yes")}
            checked={facts.known_customer}
            onChange={(event) => set({ known_customer: event.currentTarget.checked })}
          />
        </div>
      </details>
    </>
  );
}

function ConversationField({ chosen, onChange }: { chosen: string | null; onChange: (id: string | null) => void }) {
  const { t } = useTranslation();
  const rows = useTryableConversations();
  return (
    <Select
      size="xs"
      label={t("try.which")}
      placeholder={t("try.choose")}
      searchable
      data={(rows.data ?? []).map((row) => ({
        value: row.id,
        label: [row.customer_name ?? t("try.stranger"), row.preview?.text].filter(Boolean).join(" · "),
      }))}
      value={chosen}
      onChange={onChange}
    />
  );
}
