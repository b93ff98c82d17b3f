/** A dry run or a change on its way: how far it is, whom it concerns, and what can be done about it. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { applyPolicy, cancelRun, isUnfinished } from "@/features/admin/policy/api";
import own from "@/features/admin/policy/Policy.module.css";
import type { PolicyExample, PolicyRun, PolicyVersion } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";

const NOTE_MAX = 500;
const SHOWN = 10;

interface Props {
  run: PolicyRun;
  current: PolicyVersion;
  onRun: (run: PolicyRun) => void;
}

export function RunPanel({ run, current, onRun }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const act = (action: () => Promise<unknown>) => {
    setError(null);
    action().catch(setError);
  };
  const mayApply = run.kind === "dry_run" && run.status === "done" && run.base_version === current.version;
  return (
    <section className={own.run} aria-label={t(`rules.run.${run.kind}`)}>
      <header className={own.runHead}>
        <h2 className={own.runTitle}>{t(`rules.run.${run.kind}`)}</h2>
        <span className={css.badge} data-tone={TONES[run.status]}>
          {t(`rules.status.${run.status}`)}
        </span>
      </header>
      <Progress run={run} />
      <div role="status">
        <dl className={own.figures}>
          <Figure kind="joins" run={run} />
          <Figure kind="splits" run={run} />
        </dl>
      </div>
      {run.skipped > 0 && <p className={css.meta}>{t("rules.skipped", { count: run.skipped })}</p>}
      {run.problem && <p className={css.alarm}>{t("rules.failed", { problem: run.problem })}</p>}
      {run.examples.length > 0 && <Examples examples={run.examples} />}
      {error !== null && <Fault error={error} />}
      {isUnfinished(run) && (
        <div className={css.formFoot}>
          <Button onClick={() => act(() => cancelRun(client, run.id))}>{t("rules.stop")}</Button>
        </div>
      )}
      {mayApply && <Apply onApply={(note) => act(async () => onRun(await applyPolicy(client, run.id, note)))} />}
    </section>
  );
}

const TONES: Partial<Record<PolicyRun["status"], string>> = { done: "done", failed: "late" };

function Progress({ run }: { run: PolicyRun }) {
  const { t } = useTranslation();
  if (run.status === "queued") return <p className={css.meta}>{t("rules.waits")}</p>;
  const total = Math.max(run.total, 1);
  return (
    <div className={own.progress}>
      <progress value={run.status === "done" ? total : run.done} max={total} aria-label={t("rules.progress")} />
      <span className={`${css.meta} figures`}>{t("rules.compared", { count: run.total, done: run.done })}</span>
    </div>
  );
}

function Figure({ kind, run }: { kind: "joins" | "splits"; run: PolicyRun }) {
  const { t } = useTranslation();
  const tense = run.kind === "dry_run" ? "would" : "did";
  return (
    <div className={own.figure}>
      <dt>{t(`rules.${kind}.${tense}`)}</dt>
      <dd className="figures">
        <Icon name={kind === "joins" ? "merge" : "split"} size={20} />
        {run[kind]}
      </dd>
    </div>
  );
}

function Examples({ examples }: { examples: readonly PolicyExample[] }) {
  const { t } = useTranslation();
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? examples : examples.slice(0, SHOWN);
  return (
    <div>
      <h3 className={css.fieldLabel}>{t("rules.examples")}</h3>
      <ul className={css.list}>
        {shown.map((one) => (
          <li key={`${one.a.identity_id}:${one.b.identity_id}`} className={`${css.item} ${own.example}`}>
            <Icon name={one.kind === "join" ? "merge" : "split"} />
            <div className={own.words}>
              <p className={own.pair}>
                <strong>{t(`rules.example.${one.kind}`)}</strong>
                <Side side={one.a} />
                <Side side={one.b} />
              </p>
              <p className={css.meta}>{words.reason(one.why)}</p>
            </div>
          </li>
        ))}
      </ul>
      {!isOpen && examples.length > SHOWN && (
        <div className={css.more}>
          <Button kind="quiet" onClick={() => setOpen(true)}>
            {t("rules.moreExamples", { count: examples.length - SHOWN })}
          </Button>
        </div>
      )}
    </div>
  );
}

function Side({ side }: { side: PolicyExample["a"] }) {
  const { t } = useTranslation();
  const isNumber = side.external_id.startsWith("+");
  return (
    <span className={own.side}>
      <ChannelMark channel={side.channel} size={16} />
      {side.name ?? (isNumber ? phone(side.external_id) : t(`customer.strangerOn.${side.channel}`))}
    </span>
  );
}

function Apply({ onApply }: { onApply: (note: string) => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  return (
    <form
      className={own.apply}
      onSubmit={(event) => {
        event.preventDefault();
        onApply(note);
      }}
    >
      <input
        className={own.note}
        value={note}
        maxLength={NOTE_MAX}
        placeholder={t("rules.note")}
        aria-label={t("rules.note")}
        onChange={(change) => setNote(change.currentTarget.value)}
      />
      <Button kind="primary" type="submit">
        {t("rules.apply")}
      </Button>
      <span className={css.meta}>{t("rules.applyHint")}</span>
    </form>
  );
}
