/** What is offered to me, above everything else: who, why me, and the seconds left to say yes or no. */
import { Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { command } from "@/data/commands";
import { declineBecause } from "@/data/handling";
import { useMe } from "@/data/session";
import css from "@/features/conversations/OfferCards.module.css";
import { useKeyTarget, useOffers } from "@/features/conversations/offers";
import { usePreviewText } from "@/features/conversations/preview";
import type { ConversationState, DeclineReason } from "@/lib/api/types";
import { useNaming } from "@/lib/naming";
import { useNow } from "@/lib/now";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { Button, IconButton } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Fault } from "@/ui/Fault";
import { Why } from "@/ui/Why";

interface Props {
  openId: string | undefined;
  onOpen: (conversationId: string) => void;
}

export function OfferCards({ openId, onOpen }: Props) {
  const { t } = useTranslation();
  const nameOf = useNaming();
  const offers = useOffers();
  const target = useKeyTarget(openId);
  const [first] = offers;
  return (
    <section className={css.offers} aria-label={t("offer.label")}>
      <p className="visually-hidden" role="alert">
        {first && t("offer.announce", { name: nameOf(first) })}
      </p>
      {offers.map((row) => (
        <OfferCard
          key={row.id}
          row={row}
          isFull={row === first}
          hasKeys={target?.row.id === row.id}
          onOpen={() => onOpen(row.id)}
        />
      ))}
    </section>
  );
}

interface CardProps {
  row: ConversationState;
  isFull: boolean; // the others are one line each: eight offers must not push the work off the screen
  hasKeys: boolean;
  onOpen: () => void;
}

function OfferCard({ row, isFull, hasKeys, onOpen }: CardProps) {
  const client = useQueryClient();
  const me = useMe();
  const nameOf = useNaming();
  const preview = usePreviewText();
  const [error, setError] = useState<unknown>(null);
  const channel = row.preview?.channel ?? row.channels.at(-1);
  const answer = (verb: "accept" | "decline") => {
    setError(null);
    if (verb === "accept") onOpen();
    command(client, verb, row.id, me.agent.id).catch(setError);
  };
  const decline = (because: DeclineReason) => {
    setError(null);
    declineBecause(client, row.id, because).catch(setError);
  };
  return (
    <article className={css.card} data-full={isFull || undefined}>
      <header className={css.head}>
        {channel && <ChannelMark channel={channel} size={18} />}
        <button type="button" className={css.name} onClick={onOpen}>
          {nameOf(row)}
        </button>
        <Countdown until={row.offer_expires_at} />
        {!isFull && <Answers row={row} hasKeys={hasKeys} onAnswer={answer} onDecline={decline} isShort />}
      </header>
      {isFull && <p className={css.preview}>{preview(row)}</p>}
      {error !== null && <Fault error={error} />}
      {isFull && <Answers row={row} hasKeys={hasKeys} onAnswer={answer} onDecline={decline} />}
    </article>
  );
}

interface AnswersProps {
  row: ConversationState;
  hasKeys: boolean;
  isShort?: boolean;
  onAnswer: (verb: "accept" | "decline") => void;
  onDecline: (because: DeclineReason) => void;
}

function Answers({ row, hasKeys, isShort = false, onAnswer, onDecline }: AnswersProps) {
  const { t } = useTranslation();
  const key = (name: string) => (hasKeys ? { shortcut: name } : {});
  return (
    <div className={css.answers}>
      <Button
        kind={isShort ? "plain" : "primary"}
        size="s"
        onClick={() => onAnswer("accept")}
        {...key(KEYMAP.accept.keys)}
      >
        {t("offer.accept")}
      </Button>
      {!isShort && (
        <Button size="s" onClick={() => onAnswer("decline")} {...key(KEYMAP.decline.keys)}>
          {t("offer.decline")}
        </Button>
      )}
      {!isShort && <Because onDecline={onDecline} />}
      {!isShort && row.why && (
        <span className={css.why}>
          <Why why={row.why} />
        </span>
      )}
    </div>
  );
}

const REASONS = ["busy", "not_my_field", "language", "personal", "other"] as const satisfies readonly DeclineReason[];

/** Declining with its reason: supervisors learn what to mend. */
function Because({ onDecline }: { onDecline: (because: DeclineReason) => void }) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <span>
          <IconButton icon="down" size="s" label={t("offer.because")} />
        </span>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("offer.because")}</Menu.Label>
        {REASONS.map((because) => (
          <Menu.Item key={because} onClick={() => onDecline(because)}>
            {t(`because.${because}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Countdown({ until }: { until: string | null }) {
  const { t } = useTranslation();
  const now = useNow();
  if (until === null) return null;
  const left = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return (
    <span className={css.left} role="timer" data-short={left <= 10 || undefined}>
      {t("offer.left", { count: left })}
    </span>
  );
}
