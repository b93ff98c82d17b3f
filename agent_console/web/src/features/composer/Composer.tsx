/** Where an answer is written. It leaves with Enter, by the way the agent sees, and is shown before it has left. */
import { Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { send } from "@/data/outbox";
import { ChannelChoice } from "@/features/composer/ChannelChoice";
import css from "@/features/composer/Composer.module.css";
import { checkDraft, chooseOption, type Fault } from "@/features/composer/check";
import { addFiles, changeDraft, clearDraft, type Draft, useDraft } from "@/features/composer/drafts";
import { FileStrip } from "@/features/composer/FileStrip";
import type { ReplyOption } from "@/lib/api/types";
import { bytes, characters } from "@/lib/format/text";
import { useWords } from "@/lib/i18n/words";
import { now } from "@/lib/now";
import { useShortcut } from "@/lib/shortcuts/shortcuts";
import { IconButton } from "@/ui/Button";

const ROWS_MAX = 10;
const COUNT_FROM = 0.8; // of the limit: before that a counter is noise

export interface ComposerProps {
  conversationId: string;
  options: readonly ReplyOption[];
  hint: string | null; // such as "sending takes this conversation"
  onTyping: (on: boolean) => void;
}

export function Composer({ conversationId, options, hint, onTyping }: ComposerProps) {
  const draft = useDraft(conversationId);
  const option = chooseOption(options, draft.identityId);
  const fault = checkDraft(draft, option);
  const input = useRef<HTMLTextAreaElement>(null);
  const isOver = useDropTarget();
  const submit = useSubmit(conversationId, draft, option, fault, onTyping);
  useShortcut("reply", () => input.current?.focus());
  const add = (files: FileList | null | undefined) => {
    if (files && files.length > 0) addFiles(conversationId, [...files]);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    isOver.set(false);
    add(event.dataTransfer.files);
    input.current?.focus();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    add(event.clipboardData.files);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping files is one of three ways to attach them
    <div className={css.composer} data-over={isOver.value || undefined} {...isOver.handlers} onDrop={onDrop}>
      <div className={css.top}>
        <ChannelChoice
          options={options}
          chosen={option}
          onChoose={(identityId) => {
            changeDraft(conversationId, { identityId });
            input.current?.focus();
          }}
        />
        {hint && <span className={css.hint}>{hint}</span>}
      </div>
      <FileStrip conversationId={conversationId} files={draft.files} />
      <Writing
        inputRef={input}
        draft={draft}
        disabled={option === undefined}
        onText={(text) => {
          changeDraft(conversationId, { text });
          onTyping(text.trim() !== "");
        }}
        onSubmit={submit}
        onPaste={onPaste}
      />
      <Foot draft={draft} option={option} fault={fault} onFiles={add} onSubmit={submit} />
    </div>
  );
}

interface WritingProps {
  inputRef: React.RefObject<HTMLTextAreaElement | null>;
  draft: Draft;
  disabled: boolean;
  onText: (text: string) => void;
  onSubmit: () => void;
  onPaste: (event: ClipboardEvent) => void;
}

function Writing({ inputRef, draft, disabled, onText, onSubmit, onPaste }: WritingProps) {
  const { t } = useTranslation();
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (isSendKey(event.nativeEvent)) {
      event.preventDefault();
      onSubmit();
    } else if (event.key === "Escape" && !event.nativeEvent.isComposing) {
      inputRef.current?.blur();
    }
  };
  return (
    <Textarea
      ref={inputRef}
      classNames={{ input: css.input }}
      variant="unstyled"
      autosize
      minRows={1}
      maxRows={ROWS_MAX}
      value={draft.text}
      disabled={disabled}
      placeholder={t("composer.placeholder")}
      aria-label={t("composer.label")}
      onChange={(change) => onText(change.currentTarget.value)}
      onKeyDown={onKeyDown}
      onPaste={onPaste}
    />
  );
}

/** Enter, but not Shift+Enter, and never the Enter that ends a composed Vietnamese word. */
export function isSendKey(
  event: Pick<globalThis.KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode">,
): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

interface FootProps {
  draft: Draft;
  option: ReplyOption | undefined;
  fault: Fault | null;
  onFiles: (files: FileList | null) => void;
  onSubmit: () => void;
}

function Foot({ draft, option, fault, onFiles, onSubmit }: FootProps) {
  const { t } = useTranslation();
  const chooser = useRef<HTMLInputElement>(null);
  const takesFiles = option !== undefined && Object.keys(option.attachments).length > 0;
  return (
    <div className={css.foot}>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label={t("composer.attach")}
        onChange={(change) => {
          onFiles(change.currentTarget.files);
          change.currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
      <IconButton
        icon="clip"
        label={t("composer.attach")}
        tooltipSide="top"
        disabled={!takesFiles}
        onClick={() => chooser.current?.click()}
      />
      <Said fault={fault} option={option} draft={draft} />
      <Count text={draft.text} max={option?.text_chars_max ?? 0} />
      <button
        type="button"
        className={css.send}
        disabled={fault !== null}
        onClick={onSubmit}
        aria-label={t("composer.send")}
        title={t("composer.send")}
      >
        {t("composer.send")}
      </button>
    </div>
  );
}

/** What stands in the way, unless that is plain to see. */
function Said({ fault, option, draft }: { fault: Fault | null; option: ReplyOption | undefined; draft: Draft }) {
  const { t, i18n } = useTranslation();
  const words = useWords();
  const say = (): string => {
    switch (fault?.kind) {
      case "noWay":
        return t("composer.noWay");
      case "refused":
        return option?.refused ? words.reason(option.refused) : "";
      case "tooLong":
        return t("composer.tooLong", { count: fault.over });
      case "tooManyFiles":
        return t("composer.tooManyFiles", { count: fault.max });
      case "fileKind":
        return t("composer.fileKind", { name: fault.name, kind: t(`attachmentKind.${fault.fileKind}`) });
      case "fileSize":
        return t("composer.fileSize", { name: fault.name, max: bytes(fault.max, i18n.language) });
      case "uploadFailed":
        return t("composer.uploadFailed");
      default:
        return "";
    }
  };
  const said = say();
  if (said === "") return <span className={css.keys}>{draft.text === "" ? "" : t("composer.keys")}</span>;
  return (
    <span className={css.fault} role="status">
      {said}
    </span>
  );
}

function Count({ text, max }: { text: string; max: number }) {
  const { t, i18n } = useTranslation();
  const count = characters(text.trim());
  if (max === 0 || count < max * COUNT_FROM) return null;
  const numbers = { count: count.toLocaleString(i18n.language), max: max.toLocaleString(i18n.language) };
  return (
    <span className={css.count} data-over={count > max || undefined}>
      <span className="visually-hidden">{t("composer.count", numbers)}</span>
      <span aria-hidden>{`${numbers.count}/${numbers.max}`}</span>
    </span>
  );
}

function useSubmit(
  conversationId: string,
  draft: Draft,
  option: ReplyOption | undefined,
  fault: Fault | null,
  onTyping: (on: boolean) => void,
): () => void {
  const client = useQueryClient();
  return () => {
    if (fault !== null || option === undefined) return;
    send(client, {
      clientId: crypto.randomUUID(),
      conversationId,
      identityId: option.identity_id,
      channel: option.channel,
      text: draft.text.trim() === "" ? null : draft.text.trim().normalize("NFC"),
      attachments: draft.files.flatMap(({ upload }) => upload ?? []),
      at: new Date(now()).toISOString(),
    });
    clearDraft(conversationId);
    onTyping(false);
  };
}

function useDropTarget() {
  const [isOver, setOver] = useState(false);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
    },
  };
  return { value: isOver, set: setOver, handlers };
}
