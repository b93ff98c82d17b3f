/** The customer on each channel: what proves it, why it belongs here, and the way out if it does not. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ChooseCustomer } from "@/features/customer/ChooseCustomer";
import { moveIdentity, splitIdentity } from "@/features/customer/customer";
import css from "@/features/customer/Identities.module.css";
import { useAct } from "@/features/customer/use-act";
import type { Customer, Identity } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { date, dateTime } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { Button } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Fault } from "@/ui/Fault";
import { Proof } from "@/ui/Proof";
import { Why } from "@/ui/Why";

export function Identities({ conversationId, customer }: { conversationId: string; customer: Customer }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const leaving = customer.identities.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const toggle = (id: string) => setChosen((known) => toggled(known, id));
  return (
    <>
      <ul className={css.identities}>
        {customer.identities.map((identity) => (
          <IdentityCard
            key={identity.id}
            conversationId={conversationId}
            identity={identity}
            customerId={customer.id}
            maySplit={customer.identities.length > 1}
            choice={
              customer.identities.length > 2
                ? { isChosen: chosen.has(identity.id), onToggle: () => toggle(identity.id) }
                : null
            }
          />
        ))}
      </ul>
      {leaving.length > 0 && (
        <SplitChosen
          conversationId={conversationId}
          leaving={leaving}
          isAll={leaving.length === customer.identities.length}
          onDone={() => setChosen(new Set())}
        />
      )}
    </>
  );
}

function toggled(known: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(known);
  if (!next.delete(id)) next.add(id);
  return next;
}

interface SplitChosenProps {
  conversationId: string;
  leaving: readonly string[];
  isAll: boolean; // somebody must stay
  onDone: () => void;
}

/** Several are one person, but not this one. */
function SplitChosen({ conversationId, leaving, isAll, onDone }: SplitChosenProps) {
  const { t } = useTranslation();
  const act = useAct(conversationId);
  const split = async () => {
    const [first, ...others] = leaving;
    if (first !== undefined && (await act.run(() => splitIdentity(first, others)))) onDone();
  };
  return (
    <div className={css.several}>
      {act.error !== null && <Fault error={act.error} />}
      <p className={css.meta}>{t(isAll ? "customer.splitAll" : "customer.splitHint")}</p>
      <div className={css.buttons}>
        <Button size="s" disabled={act.isBusy || isAll} onClick={() => void split()}>
          {t("customer.splitSeveral", { count: leaving.length })}
        </Button>
        <Button size="s" kind="quiet" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </div>
  );
}

interface CardProps {
  conversationId: string;
  identity: Identity;
  customerId: string;
  maySplit: boolean;
  choice: { isChosen: boolean; onToggle: () => void } | null; // null: one button is enough
}

function IdentityCard({ conversationId, identity, customerId, maySplit, choice }: CardProps) {
  const { t } = useTranslation();
  const words = useWords();
  const now = useNow();
  const act = useAct(conversationId);
  const [isMoving, setMoving] = useState(false);
  const name = identity.display_name ?? (shownId(identity) || t("customer.byHand"));
  return (
    <li className={css.identity}>
      {choice && (
        <input
          type="checkbox"
          className={css.choice}
          checked={choice.isChosen}
          onChange={choice.onToggle}
          aria-label={t("customer.choose", { name })}
        />
      )}
      <ChannelMark channel={identity.channel} size={20} />
      <div className={css.words}>
        <p className={css.name}>{name}</p>
        <p className={css.meta}>
          <span className={css.account}>{identity.account_name || words.channel(identity.channel)}</span>
          {identity.last_inbound_at && (
            <time dateTime={identity.last_inbound_at} title={dateTime(identity.last_inbound_at)}>
              {words.ago(identity.last_inbound_at, now)}
            </time>
          )}
        </p>
        <EvidenceLines identity={identity} />
        {identity.why && (
          <p className={css.joined}>
            {identity.joined_at ? t("customer.joinedOn", { at: date(identity.joined_at) }) : t("customer.joined")}
            <Why why={identity.why} />
          </p>
        )}
        {act.error !== null && <Fault error={act.error} />}
        {isMoving && (
          <ChooseCustomer
            conversationId={conversationId}
            customerId={customerId}
            why={t("customer.moveReason")}
            submit={t("customer.move")}
            onChoose={(otherId, reason) => moveIdentity(identity.id, otherId, reason)}
            onDone={() => setMoving(false)}
          />
        )}
      </div>
      {maySplit && !isMoving && (
        <div className={css.ways}>
          <button
            type="button"
            className={css.split}
            disabled={act.isBusy}
            title={t("customer.splitHint")}
            onClick={() => void act.run(() => splitIdentity(identity.id))}
          >
            {t("customer.split")}
          </button>
          <button type="button" className={css.split} title={t("customer.moveHint")} onClick={() => setMoving(true)}>
            {t("customer.move")}
          </button>
        </div>
      )}
    </li>
  );
}

/** Records are known by what follows the colon; those made by hand by nothing that a person would read. */
function shownId(identity: Identity): string {
  const [kind, ...rest] = identity.channel === "record" ? identity.external_id.split(":") : ["", identity.external_id];
  if (kind === "hand" || kind === "undone") return "";
  const id = rest.join(":");
  return id.startsWith("+") ? phone(id) : id;
}

function EvidenceLines({ identity }: { identity: Identity }) {
  const { t } = useTranslation();
  if (identity.evidence.length === 0) return null;
  return (
    <ul className={css.evidence}>
      {identity.evidence.map((piece) => (
        <li key={`${piece.kind}:${piece.value}:${piece.source}`}>
          <span className="figures">
            {piece.kind === "phone"
              ? phone(piece.value)
              : piece.kind === "email"
                ? piece.value
                : t("customer.signedIn")}
          </span>
          <Proof evidence={piece} />
        </li>
      ))}
    </ul>
  );
}
