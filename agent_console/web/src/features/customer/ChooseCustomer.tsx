/** Another customer, found by name or number, and why: for merging with them or moving something to them. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/customer/MergeWith.module.css";
import { searchCustomers } from "@/features/customer/search";
import { useAct } from "@/features/customer/use-act";
import type { ConversationState } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { useNaming } from "@/lib/naming";
import { Button } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Fault } from "@/ui/Fault";

const REASON_MAX = 500;

interface Props {
  conversationId: string;
  customerId: string; // who is not to be chosen
  why: string;
  submit: string;
  onChoose: (otherId: string, reason: string) => Promise<unknown>;
  onDone: () => void;
}

export function ChooseCustomer({ conversationId, customerId, why, submit, onChoose, onDone }: Props) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<ConversationState | null>(null);
  const [reason, setReason] = useState("");
  const act = useAct(conversationId);
  const go = async () => {
    if (chosen && (await act.run(() => onChoose(chosen.customer_id, reason.trim())))) onDone();
  };
  return (
    <div className={css.form}>
      {chosen ? (
        <Candidate row={chosen} onClick={() => setChosen(null)} />
      ) : (
        <Finder customerId={customerId} onChoose={setChosen} />
      )}
      {chosen && (
        <input
          className={css.input}
          value={reason}
          maxLength={REASON_MAX}
          placeholder={why}
          aria-label={why}
          // biome-ignore lint/a11y/noAutofocus: the next step of what the agent has just chosen
          autoFocus
          onChange={(change) => setReason(change.currentTarget.value)}
        />
      )}
      {act.error !== null && <Fault error={act.error} />}
      <div className={css.foot}>
        <Button
          kind="primary"
          size="s"
          disabled={!chosen || reason.trim() === "" || act.isBusy}
          onClick={() => void go()}
        >
          {submit}
        </Button>
        <Button kind="quiet" size="s" onClick={onDone}>
          {t("action.cancel")}
        </Button>
      </div>
    </div>
  );
}

function Finder({ customerId, onChoose }: { customerId: string; onChoose: (row: ConversationState) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [q, setQ] = useState("");
  const [found, setFound] = useState<readonly ConversationState[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const search = async (text: string) => {
    setQ(text);
    setError(null);
    if (text.trim().length < 2) return setFound(null);
    try {
      const customers = await searchCustomers(client, text.trim());
      setFound(customers.filter((row) => row.customer_id !== customerId));
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <>
      <input
        className={css.input}
        value={q}
        maxLength={100}
        placeholder={t("mergeWith.search")}
        aria-label={t("mergeWith.search")}
        // biome-ignore lint/a11y/noAutofocus: the agent has just asked for this field
        autoFocus
        onChange={(change) => void search(change.currentTarget.value)}
      />
      {found?.map((row) => (
        <Candidate key={row.customer_id} row={row} onClick={() => onChoose(row)} />
      ))}
      {found?.length === 0 && <p className={css.none}>{t("mergeWith.none")}</p>}
      {error !== null && <Fault error={error} />}
    </>
  );
}

function Candidate({ row, onClick }: { row: ConversationState; onClick: () => void }) {
  const nameOf = useNaming();
  return (
    <button type="button" className={css.candidate} onClick={onClick}>
      {row.channels.map((channel) => (
        <ChannelMark key={channel} channel={channel} size={16} />
      ))}
      <span className={css.who}>{nameOf(row)}</span>
      {row.customer_phone && <span className={css.number}>{phone(row.customer_phone)}</span>}
    </button>
  );
}
