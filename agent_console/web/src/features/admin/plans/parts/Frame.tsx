/** What every plan's page has around its form: what it is for, saving, who else changed it, and what it was before. */
import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { faultSentence } from "@/features/admin/fault-words";
import { Bar } from "@/features/admin/parts/Bar";
import { rebased } from "@/features/admin/plans/draft";
import { useAgentName } from "@/features/admin/plans/parts/agent-name";
import { Faults, usePlaceWords } from "@/features/admin/plans/parts/faults";
import { History } from "@/features/admin/plans/parts/History";
import own from "@/features/admin/plans/parts/Parts.module.css";
import type { Kind } from "@/features/admin/plans/types";
import { type PlanDraft, usePlanDraft } from "@/features/admin/plans/use-plan-draft";
import { dateTime } from "@/lib/format/time";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Skeleton } from "@/ui/Skeleton";

interface Props<K extends Kind> {
  kind: K;
  hint: string;
  action?: (draft: PlanDraft<K>) => ReactNode;
  aside?: (draft: PlanDraft<K>) => ReactNode; // beside the form where there is room, below it elsewhere
  children: (draft: PlanDraft<K>) => ReactNode;
}

const NOTE_MAX = 200;

export function PlanPage<K extends Kind>({ kind, hint, action, aside, children }: Props<K>) {
  const { draft, error, retry } = usePlanDraft(kind);
  if (!draft) return error === null ? <Skeleton lines={8} /> : <Fault error={error} onRetry={retry} />;
  return (
    <Faults value={draft.faults}>
      <Bar hint={hint}>{action?.(draft)}</Bar>
      <Outdated draft={draft} />
      <div className={aside ? own.beside : undefined}>
        <div className={own.main}>{children(draft)}</div>
        {aside && <aside className={own.aside}>{aside(draft)}</aside>}
      </div>
      <SaveBar draft={draft} />
      <History draft={draft} />
    </Faults>
  );
}

/** Somebody else saved while something is being changed here: what they changed, and both ways on. */
function Outdated<K extends Kind>({ draft }: { draft: PlanDraft<K> }) {
  const { t } = useTranslation();
  const nameOfAgent = useAgentName();
  if (!draft.isOutdated || !draft.isDirty) return null;
  const { theirs, clashes } = rebased(draft.base.document, draft.document, draft.newest.document);
  return (
    <section className={own.outdated} role="alert" aria-label={t("plan.outdated.title")}>
      <p className={own.strong}>
        {t("plan.outdated.who", {
          name: nameOfAgent(draft.newest.made_by),
          at: draft.newest.made_at === null ? "" : dateTime(draft.newest.made_at),
        })}
      </p>
      {theirs.length > 0 && <p>{t("plan.outdated.what", { names: theirs.join(", ") })}</p>}
      {clashes.length > 0 && <p>{t("plan.outdated.both", { names: clashes.join(", ") })}</p>}
      <div className={own.row}>
        <Button kind="primary" onClick={draft.join}>
          {t("plan.outdated.join")}
        </Button>
        <Button onClick={draft.reset}>{t("plan.outdated.theirs")}</Button>
      </div>
    </section>
  );
}

function SaveBar<K extends Kind>({ draft }: { draft: PlanDraft<K> }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const stay = useRef<HTMLButtonElement>(null);
  const words = usePlaceWords(draft.document);
  const blocker = useBlocker({
    shouldBlockFn: () => draft.isDirty,
    enableBeforeUnload: () => draft.isDirty,
    withResolver: true,
  });
  const isLeaving = blocker.status === "blocked";
  useEffect(() => {
    if (isLeaving) stay.current?.focus();
  }, [isLeaving]);
  useSaveKey(() => draft.isDirty && !draft.isBusy && !draft.isOutdated && draft.save(note));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a saved note belongs to what was saved
  useEffect(() => setNote(""), [draft.saved]);
  if (!draft.isDirty && draft.error === null) {
    return (
      <p className={own.savedLine} role="status">
        {draft.saved > 0 ? t("plan.saved", { version: draft.base.version }) : ""}
      </p>
    );
  }
  return (
    <section className={own.saveBar} aria-label={t("plan.unsaved")} data-leaving={isLeaving || undefined}>
      {draft.error !== null && <Fault error={draft.error} />}
      {draft.faults.length > 0 && (
        <ul className={own.faults}>
          {draft.faults.map((fault) => (
            <li key={`${fault.where} ${fault.problem}`}>
              <span className={own.strong}>{words(fault.where)}</span> {faultSentence(t, fault.problem)}
            </li>
          ))}
        </ul>
      )}
      {isLeaving ? (
        <div className={own.row} role="alert">
          <Icon name="alert" />
          <span className={own.grow}>{t("plan.leave.ask")}</span>
          <Button ref={stay} kind="primary" onClick={blocker.reset}>
            {t("plan.leave.stay")}
          </Button>
          <Button kind="danger" onClick={blocker.proceed}>
            {t("plan.leave.go")}
          </Button>
        </div>
      ) : (
        <form
          className={own.row}
          onSubmit={(event) => {
            event.preventDefault();
            draft.save(note);
          }}
        >
          <input
            className={own.note}
            value={note}
            maxLength={NOTE_MAX}
            placeholder={t("plan.note")}
            aria-label={t("plan.note")}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Button kind="primary" type="submit" shortcut="mod+s" disabled={draft.isBusy || draft.isOutdated}>
            {t("action.save")}
          </Button>
          <Button kind="quiet" disabled={draft.isBusy} onClick={draft.reset}>
            {t("plan.discard")}
          </Button>
        </form>
      )}
    </section>
  );
}

/** Ctrl-S saves the plan and not the page. */
function useSaveKey(save: () => void) {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
