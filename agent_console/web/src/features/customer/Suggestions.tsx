/** Somebody else who may be the same person. The hub does not dare; a human decides with one click. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { acceptSuggestion, rejectSuggestion } from "@/features/customer/customer";
import css from "@/features/customer/Suggestions.module.css";
import { useAct } from "@/features/customer/use-act";
import type { Suggestion } from "@/lib/api/types";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";

interface Props {
  conversationId: string;
  suggestions: readonly Suggestion[];
}

export function Suggestions({ conversationId, suggestions }: Props) {
  const { t } = useTranslation();
  return (
    <section className={css.suggestions} aria-label={t("suggestion.title")}>
      <h3 className={css.title}>
        <Icon name="merge" size={14} />
        {t("suggestion.title")}
      </h3>
      {suggestions.map((suggestion) => (
        <SuggestionCard key={suggestion.id} conversationId={conversationId} suggestion={suggestion} />
      ))}
    </section>
  );
}

function SuggestionCard({ conversationId, suggestion }: { conversationId: string; suggestion: Suggestion }) {
  const { t } = useTranslation();
  const words = useWords();
  const act = useAct(conversationId);
  const [isSettled, setSettled] = useState(false);
  const settle = async (action: (id: string) => Promise<unknown>) => {
    setSettled(true);
    if (!(await act.run(() => action(suggestion.id)))) setSettled(false);
  };
  if (isSettled) return null;
  return (
    <article className={css.card}>
      <p className={css.who}>
        {suggestion.other_channels.map((channel) => (
          <ChannelMark key={channel} channel={channel} size={16} />
        ))}
        <span>{suggestion.other_name ?? t("customer.stranger")}</span>
      </p>
      <p className={css.why}>{words.reason(suggestion.why)}</p>
      <div className={css.choices}>
        <Button size="s" kind="primary" disabled={act.isBusy} onClick={() => void settle(acceptSuggestion)}>
          {t("suggestion.accept")}
        </Button>
        <Button size="s" disabled={act.isBusy} onClick={() => void settle(rejectSuggestion)}>
          {t("suggestion.reject")}
        </Button>
      </div>
      {act.error !== null && <Fault error={act.error} />}
    </article>
  );
}
