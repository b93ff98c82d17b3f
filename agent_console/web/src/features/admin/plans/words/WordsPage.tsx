/** Words and weights of work: why somebody is away, how a conversation ended, what a customer wants, what weighs what. */
import { Checkbox, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { newId, replaced } from "@/features/admin/plans/draft";
import { PlanPage } from "@/features/admin/plans/parts/Frame";
import { useFault } from "@/features/admin/plans/parts/faults";
import { Ordered } from "@/features/admin/plans/parts/Ordered";
import parts from "@/features/admin/plans/parts/Parts.module.css";
import { Span } from "@/features/admin/plans/parts/Span";
import type { Disposition, PresenceReason, Word, WorkWords } from "@/features/admin/plans/types";
import type { PlanDraft } from "@/features/admin/plans/use-plan-draft";
import own from "@/features/admin/plans/words/Words.module.css";
import { Button, IconButton } from "@/ui/Button";

const CLASSES = ["voice", "chat", "email", "comment"] as const;
const WEIGHED = ["chat", "email", "comment"] as const;

export default function WordsPage() {
  const { t } = useTranslation();
  return (
    <PlanPage kind="work" hint={t("words.hint")}>
      {(draft) => <Words draft={draft} />}
    </PlanPage>
  );
}

function Words({ draft }: { draft: PlanDraft<"work"> }) {
  const { t } = useTranslation();
  const { document, base } = draft;
  const set = (change: Partial<WorkWords>) => draft.set({ ...document, ...change });
  return (
    <>
      <WordList<PresenceReason>
        title={t("words.presence")}
        hint={t("words.presenceHint")}
        field="presence_reasons"
        items={document.presence_reasons}
        old={base.document.presence_reasons}
        fresh={{ status: "away", max_s: null }}
        onChange={(presence_reasons) => set({ presence_reasons })}
        more={(one, change) => (
          <>
            <Select
              size="xs"
              className={own.choice}
              aria-label={t("words.statusOf", { name: one.vi })}
              data={(["away", "busy"] as const).map((value) => ({ value, label: t(`presence.${value}`) }))}
              value={one.status}
              allowDeselect={false}
              onChange={(status) => status && change({ status: status as PresenceReason["status"] })}
            />
            <Span
              size="xs"
              name={t("words.maxOf", { name: one.vi })}
              seconds={one.max_s}
              none={t("words.noMax")}
              units={["min", "h"]}
              onChange={(max_s) => change({ max_s })}
            />
          </>
        )}
      />
      <WordList<Disposition>
        title={t("words.dispositions")}
        hint={t("words.dispositionsHint")}
        field="dispositions"
        items={document.dispositions}
        old={base.document.dispositions}
        fresh={{ needs_note: false }}
        onChange={(dispositions) => set({ dispositions })}
        more={(one, change) => (
          <Checkbox
            size="xs"
            label={t("words.needsNote")}
            checked={one.needs_note}
            onChange={(event) => change({ needs_note: event.currentTarget.checked })}
          />
        )}
      >
        <Switch
          label={t("words.dispositionRequired")}
          checked={document.disposition_required}
          onChange={(event) => set({ disposition_required: event.currentTarget.checked })}
        />
      </WordList>
      <WordList<Word>
        title={t("words.lifecycle")}
        hint={t("words.lifecycleHint")}
        field="lifecycle"
        items={document.lifecycle}
        old={base.document.lifecycle}
        fresh={{}}
        onChange={(lifecycle) => set({ lifecycle })}
      />
      <Weights document={document} set={set} />
    </>
  );
}

interface ListProps<W extends Word> {
  title: string;
  hint: string;
  field: "presence_reasons" | "dispositions" | "lifecycle";
  items: readonly W[];
  old: readonly W[]; // what is stored bears these: they are switched off, not removed
  fresh: Omit<W, keyof Word>;
  onChange: (items: readonly W[]) => void;
  more?: (one: W, change: (change: Partial<W>) => void) => ReactNode;
  children?: ReactNode;
}

function WordList<W extends Word>({ title, hint, field, items, old, fresh, onChange, more, children }: ListProps<W>) {
  const { t } = useTranslation();
  const fault = useFault();
  const isOld = (one: W) => old.some((known) => known.id === one.id);
  return (
    <section className={own.section} aria-label={title}>
      <h2 className={own.title}>{title}</h2>
      <p className={parts.quiet}>{hint}</p>
      <Ordered
        items={items}
        label={title}
        onChange={onChange}
        draw={(one, at, handle) => {
          const place = `body.document.${field}.${at}`;
          const change = (part: Partial<W>) => onChange(replaced(items, at, { ...one, ...part }));
          const [vi, en] = [fault(`${place}.vi`), fault(`${place}.en`)];
          return (
            <div className={own.word} data-off={!one.active || undefined}>
              {handle}
              <TextInput
                size="xs"
                className={own.text}
                aria-label={t("words.vi")}
                placeholder={t("words.vi")}
                value={one.vi}
                {...(vi && { error: vi })}
                onChange={(event) => change({ vi: event.currentTarget.value } as Partial<W>)}
                onBlur={() => {
                  const others = items.filter((known) => known !== one);
                  if (!isOld(one)) change({ id: newId(one.vi, [...others, ...old]) } as Partial<W>);
                }}
              />
              <TextInput
                size="xs"
                className={own.text}
                aria-label={t("words.en")}
                placeholder={t("words.en")}
                value={one.en}
                {...(en && { error: en })}
                onChange={(event) => change({ en: event.currentTarget.value } as Partial<W>)}
              />
              {more?.(one, change)}
              {isOld(one) ? (
                <Switch
                  size="sm"
                  aria-label={t("plan.activeOf", { name: one.vi })}
                  checked={one.active}
                  onChange={(event) => change({ active: event.currentTarget.checked } as Partial<W>)}
                />
              ) : (
                <IconButton
                  icon="close"
                  size="s"
                  label={t("condition.remove", { name: one.vi })}
                  onClick={() => onChange(items.filter((known) => known.id !== one.id))}
                />
              )}
            </div>
          );
        }}
      />
      <div className={own.listFoot}>
        <Button
          size="s"
          kind="quiet"
          icon="plus"
          onClick={() => {
            const word = { id: newId("", [...items, ...old]), vi: "", en: "", active: true, ...fresh } as unknown as W;
            onChange([...items, word]);
          }}
        >
          {t("words.add")}
        </Button>
        {children}
      </div>
    </section>
  );
}

interface PartProps {
  document: WorkWords;
  set: (change: Partial<WorkWords>) => void;
}

function Weights({ document, set }: PartProps) {
  const { t } = useTranslation();
  const fault = useFault();
  const { weights } = document;
  const interrupts = document.interrupts as Readonly<Record<string, readonly (typeof CLASSES)[number][]>>;
  const toggle = (one: (typeof CLASSES)[number], other: (typeof CLASSES)[number], is: boolean) => {
    const now = interrupts[one] ?? [];
    const next = is ? [...now, other] : now.filter((known) => known !== other);
    set({ interrupts: { ...interrupts, [one]: next } });
  };
  return (
    <section className={own.section} aria-label={t("words.weights")}>
      <h2 className={own.title}>{t("words.weights")}</h2>
      <p className={parts.quiet}>{t("words.weightsHint")}</p>
      <div className={parts.fields}>
        {WEIGHED.map((one) => {
          const error = fault(`body.document.weights.${one}`);
          return (
            <NumberInput
              key={one}
              label={t(`workClass.${one}`)}
              suffix=" %"
              min={0}
              max={1000}
              allowDecimal={false}
              value={weights[one]}
              {...(error && { error })}
              onChange={(value) => typeof value === "number" && set({ weights: { ...weights, [one]: value } })}
            />
          );
        })}
        <Span
          label={t("words.awayAfter")}
          hint={t("words.awayAfterHint")}
          seconds={document.away_after_s}
          none={t("words.neverAway")}
          units={["min", "h"]}
          error={fault("body.document.away_after_s")}
          onChange={(away_after_s) => set({ away_after_s })}
        />
      </div>
      <table className={own.table}>
        <caption className={parts.label}>{t("words.interrupts")}</caption>
        <thead>
          <tr>
            <td />
            {WEIGHED.map((other) => (
              <th key={other} scope="col">
                {t(`workClass.${other}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {CLASSES.map((one) => (
            <tr key={one}>
              <th scope="row">{t("words.mayInterrupt", { what: t(`workClass.${one}`) })}</th>
              {WEIGHED.map((other) => (
                <td key={other}>
                  {one !== other && (
                    <Checkbox
                      aria-label={t("words.interruptOf", {
                        what: t(`workClass.${one}`),
                        other: t(`workClass.${other}`),
                      })}
                      checked={(interrupts[one] ?? []).includes(other)}
                      onChange={(event) => toggle(one, other, event.currentTarget.checked)}
                    />
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
