/** Where staff write to staff. It looks like nothing that goes to the customer, and colleagues can be asked. */
import { Menu, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { addNote } from "@/data/handling";
import { useAgents, useMe } from "@/data/session";
import { isSendKey } from "@/features/composer/Composer";
import css from "@/features/composer/Composer.module.css";
import { changeDraft, clearDraft, useDraft } from "@/features/composer/drafts";
import type { ConversationState } from "@/lib/api/types";
import { mayHandOn } from "@/lib/permissions";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { PresenceDot } from "@/ui/PresenceDot";

const CHARS_MAX = 4000;
const ROWS_MAX = 10;

export function NoteWriter({ row, isFocused }: { row: ConversationState; isFocused: boolean }) {
  const { t } = useTranslation();
  const place = `note:${row.id}`;
  const draft = useDraft(place);
  const me = useMe();
  const [asked, setAsked] = useState<readonly string[]>([]);
  const [error, setError] = useState<unknown>(null);
  const input = useRef<HTMLTextAreaElement>(null);
  const submit = useSubmit(row.id, place, draft.text, asked, setError, () => setAsked([]));
  useEffect(() => {
    if (isFocused) input.current?.focus();
  }, [isFocused]);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (isSendKey(event.nativeEvent)) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && !event.nativeEvent.isComposing) input.current?.blur();
  };
  return (
    <div className={css.composer} data-note>
      <div className={css.top}>
        <span className={css.inside}>
          <Icon name="lock" size={14} />
          {t("note.inside")}
        </span>
        {mayHandOn(me.agent, row) && <Ask row={row} asked={asked} onChange={setAsked} />}
      </div>
      <Textarea
        ref={input}
        classNames={{ input: css.input }}
        variant="unstyled"
        autosize
        minRows={1}
        maxRows={ROWS_MAX}
        maxLength={CHARS_MAX}
        value={draft.text}
        placeholder={t("note.placeholder")}
        aria-label={t("note.label")}
        onChange={(change) => changeDraft(place, { text: change.currentTarget.value })}
        onKeyDown={onKeyDown}
      />
      {error !== null && <Fault error={error} />}
      <div className={css.foot}>
        <span className={css.keys}>{draft.text === "" ? "" : t("note.keys")}</span>
        <button type="button" className={css.send} disabled={draft.text.trim() === ""} onClick={submit}>
          {t(asked.length > 0 ? "note.sendAsking" : "note.send")}
        </button>
      </div>
    </div>
  );
}

interface AskProps {
  row: ConversationState;
  asked: readonly string[];
  onChange: (asked: readonly string[]) => void;
}

/** Colleagues who are to see the conversation and say what they think. It stays with its owner. */
function Ask({ row, asked, onChange }: AskProps) {
  const { t } = useTranslation();
  const me = useMe();
  const agents = useAgents();
  const others = agents.filter((agent) => agent.id !== me.agent.id && agent.id !== row.owner_id);
  const names = agents.filter((agent) => asked.includes(agent.id)).map((agent) => agent.display_name);
  const toggle = (id: string) => onChange(asked.includes(id) ? asked.filter((one) => one !== id) : [...asked, id]);
  return (
    <Menu position="top-start" width={240} closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className={css.ask} data-on={asked.length > 0 || undefined}>
          <Icon name="person" size={14} />
          <span>{names.length > 0 ? t("note.asking", { names: names.join(", ") }) : t("note.ask")}</span>
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown mah={300} style={{ overflowY: "auto" }}>
        <Menu.Label>{t("note.askHint")}</Menu.Label>
        {others.map((agent) => (
          <Menu.Item
            key={agent.id}
            leftSection={<PresenceDot status={agent.presence} />}
            rightSection={asked.includes(agent.id) ? <Icon name="check" /> : null}
            aria-current={asked.includes(agent.id)}
            onClick={() => toggle(agent.id)}
          >
            {agent.display_name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The same words again after an error are the same note. */
function useSubmit(
  conversationId: string,
  place: string,
  text: string,
  asked: readonly string[],
  onError: (error: unknown) => void,
  onDone: () => void,
): () => void {
  const client = useQueryClient();
  const tried = useRef<{ readonly id: string; readonly words: string } | null>(null);
  const isSending = useRef(false);
  return () => {
    const words = text.trim().normalize("NFC");
    if (words === "" || isSending.current) return;
    if (tried.current?.words !== words) tried.current = { id: crypto.randomUUID(), words };
    isSending.current = true;
    onError(null);
    addNote(client, conversationId, tried.current.id, words, asked)
      .then(() => {
        tried.current = null;
        clearDraft(place);
        onDone();
      })
      .catch(onError)
      .finally(() => {
        isSending.current = false;
      });
  };
}
