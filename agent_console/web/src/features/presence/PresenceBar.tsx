/** What keeps work away from me at this moment, and the one key that ends it: the time after a conversation, or that
 * nobody was at the keyboard. */
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { endWrapUp, setPresence, useMe } from "@/data/session";
import { isIdle } from "@/data/work-words";
import css from "@/features/presence/PresenceMenu.module.css";
import { asProblem } from "@/lib/api/problems";
import { stopwatch } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { Button } from "@/ui/Button";
import { notify } from "@/ui/notices";

export function PresenceBar() {
  const me = useMe();
  if (isIdle(me)) return <Idle />;
  return me.wrap_up_until === null ? null : <WrapUp until={me.wrap_up_until} />;
}

function Idle() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const run = useRun();
  const back = () => run(setPresence(client, "available"));
  useShortcut("ready", back);
  return (
    <p className={css.bar} data-away role="status">
      <span>{t("idle.said")}</span>
      <Button size="s" onClick={back} shortcut={KEYMAP.ready.keys}>
        {t("idle.back")}
      </Button>
    </p>
  );
}

function WrapUp({ until }: { until: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const run = useRun();
  const left = Math.ceil((Date.parse(until) - useNow()) / 1000);
  const end = () => run(endWrapUp(client));
  useShortcut("ready", end, left > 0);
  if (left <= 0) return null;
  return (
    <p className={css.bar} role="status">
      <span>{t("wrapUp.said")}</span>
      <span className={css.left} role="timer">
        {stopwatch(left)}
      </span>
      <Button size="s" onClick={end} shortcut={KEYMAP.ready.keys}>
        {t("wrapUp.end")}
      </Button>
    </p>
  );
}

function useRun(): (work: Promise<void>) => void {
  const words = useWords();
  return (work) => {
    work.catch((error) => notify({ text: words.problem(asProblem(error)), tone: "bad" }));
  };
}
