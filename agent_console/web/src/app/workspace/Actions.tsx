/** The buttons that make sense now, each with its key. What asks something opens a small sheet beside its button. */
import { useQueryClient } from "@tanstack/react-query";
import { lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/app/workspace/ThreadHead.module.css";
import { useWork } from "@/app/workspace/use-work";
import type { Verb } from "@/data/commands";
import { snooze, wake } from "@/data/handling";
import { useMe } from "@/data/session";
import { useWorkWords } from "@/data/work-words";
import { Sheet } from "@/features/handling/Sheet";
import { SheetFrame } from "@/features/handling/SheetFrame";
import { asProblem } from "@/lib/api/problems";
import type { ConversationState } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { mayAnswerOffer, mayHandOn, mayRelease, mayReopen, mayResolve, maySnooze, mayTake } from "@/lib/permissions";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Button, IconButton } from "@/ui/Button";
import { notify } from "@/ui/notices";

const TransferSheet = lazy(() => import("@/features/handling/TransferSheet"));
const SnoozeSheet = lazy(() => import("@/features/handling/SnoozeSheet"));
const ResolveSheet = lazy(() => import("@/features/handling/ResolveSheet"));

interface Props {
  row: ConversationState;
  onError: (error: unknown) => void;
}

type Open = "transfer" | "snooze" | "resolve" | null;

export function Actions({ row, onError }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const { work } = useWork(client, row, onError);
  const [open, setOpen] = useState<Open>(null);
  const may = {
    take: mayTake(me.agent, row),
    accept: mayAnswerOffer(me.agent, row),
    handOn: mayHandOn(me.agent, row),
    resolve: mayResolve(me.agent, row),
    reopen: mayReopen(me.agent, row),
  };
  useShortcut("release", () => work("release"), mayRelease(me.agent, row));
  useShortcut("reopen", () => work("reopen"), may.reopen);
  const button = (verb: Verb, icon: "check" | "undo" | "release", key: string, kind: "primary" | "plain" | "quiet") => (
    <Button
      kind={kind}
      size="s"
      icon={icon}
      onClick={() => work(verb)}
      title={`${t(`verb.${verb}`)} (${key.toUpperCase()})`}
    >
      {t(`verb.${verb}`)}
    </Button>
  );
  const sheet = (which: Open) => (isOpen: boolean) => setOpen(isOpen ? which : null);
  return (
    <div className={css.actions}>
      {may.accept && button("decline", "release", KEYMAP.decline.keys, "quiet")}
      {may.accept && button("accept", "check", KEYMAP.accept.keys, "primary")}
      {may.take && button("take", "check", KEYMAP.accept.keys, "primary")}
      {may.handOn && (
        <Sheet
          action="transfer"
          icon="transfer"
          label={t("transfer.title")}
          isOpen={open === "transfer"}
          onOpen={sheet("transfer")}
        >
          <TransferSheet row={row} onDone={() => setOpen(null)} />
        </Sheet>
      )}
      <Snooze row={row} isOpen={open === "snooze"} onOpen={sheet("snooze")} onError={onError} />
      {may.resolve && !may.accept && (
        <Resolve row={row} isOpen={open === "resolve"} onOpen={sheet("resolve")} onError={onError} />
      )}
      {may.reopen && button("reopen", "undo", KEYMAP.reopen.keys, "plain")}
    </div>
  );
}

interface SheetProps extends Props {
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}

/** Put off, or taken up again. */
function Snooze({ row, isOpen, onOpen, onError }: SheetProps) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const may = maySnooze(me.agent, row);
  const isAsleep = row.snoozed_until !== null;
  const wakeUp = () => {
    onError(null);
    wake(client, row.id).catch(onError);
  };
  useShortcut("snooze", wakeUp, may && isAsleep);
  if (!may) return null;
  if (isAsleep) {
    return <IconButton icon="play" label={t("snooze.wake")} shortcut={KEYMAP.snooze.keys} onClick={wakeUp} />;
  }
  const putOff = (until: string | null) => {
    onOpen(false);
    onError(null);
    snooze(client, row.id, until)
      .then(() => {
        const text = until === null ? t("snooze.doneAnswer") : t("snooze.done", { at: dateTime(until) });
        notify({ text, action: { label: t("merge.undo"), shortcut: KEYMAP.undo.keys, run: wakeUp } });
      })
      .catch(onError);
  };
  return (
    <Sheet action="snooze" icon="snooze" label={t("snooze.title")} isOpen={isOpen} onOpen={onOpen}>
      <SnoozeSheet onSnooze={putOff} />
    </Sheet>
  );
}

/** At once with one key, unless how it ended must be said; with its end from the sheet. */
function Resolve({ row, isOpen, onOpen, onError }: SheetProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const words = useWorkWords();
  const onRefused = (error: unknown) =>
    asProblem(error).code === "disposition_required" ? onOpen(true) : onError(error);
  const { work, resolve } = useWork(client, row, onRefused);
  const resolveNow = () => (words?.disposition_required ? onOpen(true) : work("resolve"));
  useShortcut("resolve", resolveNow);
  useShortcut("disposition", () => onOpen(!isOpen));
  return (
    <SheetFrame
      label={t("resolve.title")}
      isOpen={isOpen}
      onOpen={onOpen}
      target={
        <span className={css.split}>
          <Button
            size="s"
            icon="check"
            onClick={resolveNow}
            title={`${t("verb.resolve")} (${KEYMAP.resolve.keys.toUpperCase()})`}
          >
            {t("verb.resolve")}
          </Button>
          <IconButton
            icon="down"
            size="s"
            label={t("resolve.title")}
            shortcut={KEYMAP.disposition.keys}
            aria-expanded={isOpen}
            onClick={() => onOpen(!isOpen)}
          />
        </span>
      }
    >
      <ResolveSheet
        onResolve={(disposition, note) => {
          onOpen(false);
          resolve(disposition, note);
        }}
      />
    </SheetFrame>
  );
}
