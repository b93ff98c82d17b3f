/** What is offered to me, above everything else: who, why me, and the seconds left to say yes or no. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { command } from "@/data/commands";
import { useMe } from "@/data/session";
import css from "@/features/conversations/OfferCards.module.css";
import { useKeyTarget, useOffers } from "@/features/conversations/offers";
import { usePreviewText } from "@/features/conversations/preview";
import type { ConversationState } from "@/lib/api/types";
import { useNaming } from "@/lib/naming";
import { useNow } from "@/lib/now";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { Button } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Fault } from "@/ui/Fault";
import { Why } from "@/ui/Why";

interface Props {
  openId: string | undefined;
  onOpen: (conversationId: string) => void;
}

export function OfferCards({ openId, onOpen }: Props) {
  const { t } = useTranslation();
  const offers = useOffers();
  const target = useKeyTarget(openId);
  return (
    <section aria-live="assertive" aria-label={t("offer.label")}>
      {offers.map((row) => (
        <OfferCard key={row.id} row={row} onOpen={onOpen} hasKeys={target?.row.id === row.id} />
      ))}
    </section>
  );
}

function OfferCard({ row, onOpen, hasKeys }: { row: ConversationState; hasKeys: boolean } & Pick<Props, "onOpen">) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useMe();
  const nameOf = useNaming();
  const preview = usePreviewText();
  const [error, setError] = useState<unknown>(null);
  const channel = row.preview?.channel ?? row.channels.at(-1);
  const answer = (verb: "accept" | "decline") => {
    setError(null);
    if (verb === "accept") onOpen(row.id);
    command(client, verb, row.id, me.agent.id).catch(setError);
  };
  return (
    <article className={css.card}>
      <header className={css.head}>
        {channel && <ChannelMark channel={channel} size={18} />}
        <button type="button" className={css.name} onClick={() => onOpen(row.id)}>
          {nameOf(row)}
        </button>
        <Countdown until={row.offer_expires_at} />
      </header>
      <p className={css.preview}>{preview(row)}</p>
      {error !== null && <Fault error={error} />}
      <footer className={css.foot}>
        <Button
          kind="primary"
          size="s"
          onClick={() => answer("accept")}
          {...(hasKeys && { shortcut: KEYMAP.accept.keys })}
        >
          {t("offer.accept")}
        </Button>
        <Button size="s" onClick={() => answer("decline")} {...(hasKeys && { shortcut: KEYMAP.decline.keys })}>
          {t("offer.decline")}
        </Button>
        {row.why && (
          <span className={css.why}>
            <Why why={row.why} />
          </span>
        )}
      </footer>
    </article>
  );
}

function Countdown({ until }: { until: string | null }) {
  const { t } = useTranslation();
  const now = useNow();
  if (until === null) return null;
  const left = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return (
    <span className={css.left} data-short={left <= 10 || undefined}>
      {t("offer.left", { count: left })}
    </span>
  );
}
