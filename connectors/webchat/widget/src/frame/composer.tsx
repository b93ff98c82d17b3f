import { useEffect, useRef, useState } from "preact/hooks";
import type { Shown } from "./app";
import { AttachIcon, SendIcon } from "./icons";
import { draft, keepDraft } from "./outbox";
import { TEXT_MAX_CHARS } from "./wire";

const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,image/heic,video/mp4,.pdf,.docx,.xlsx";
const COMPOSING_KEY = 229; // what Chromium reports for every key that an input method swallowed

export function Composer({ chat, state, say }: Shown) {
  const [text, setText] = useState(draft);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const surplus = [...text.normalize("NFC")].length - TEXT_MAX_CHARS;

  useEffect(() => {
    if (state.isOpen && matchMedia("(hover: hover)").matches) field.current?.focus();
  }, [state.isOpen]);

  const write = (value: string) => {
    setText(value);
    keepDraft(value);
    if (value.trim()) chat.typing(true);
    else chat.typing(false);
  };
  const send = () => {
    const words = text.normalize("NFC").trim();
    if (!words || surplus > 0) return;
    setText("");
    keepDraft("");
    chat.say(words);
    field.current?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === COMPOSING_KEY) return;
    event.preventDefault();
    send();
  };
  const take = (files: FileList | null | undefined, event?: Event) => {
    if (!files?.length) return;
    event?.preventDefault();
    void chat.attach([...files]);
  };
  const note = surplus > 0 ? say("tooLong", { n: surplus }) : noteOf(state, say);

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => take(event.dataTransfer?.files, event)}
    >
      <p class="note" role="status">
        {note}
      </p>
      <div class="row">
        {state.texts?.uploads && (
          <>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              accept={ACCEPTED}
              onChange={(event) => {
                take(event.currentTarget.files);
                event.currentTarget.value = "";
              }}
            />
            <button
              type="button"
              class="icon"
              aria-label={say("attach")}
              title={say("attach")}
              onClick={() => picker.current?.click()}
            >
              <AttachIcon />
            </button>
          </>
        )}
        <div class="grow" data-text={`${text}\n`}>
          <textarea
            ref={field}
            rows={1}
            value={text}
            placeholder={say("write")}
            aria-label={say("write")}
            enterkeyhint="send"
            onInput={(event) => write(event.currentTarget.value)}
            onKeyDown={keys}
            onBlur={() => chat.typing(false)}
            onPaste={(event) => take(event.clipboardData?.files, event)}
          />
        </div>
        <button
          type="submit"
          class="icon send"
          aria-label={say("send")}
          title={say("send")}
          disabled={!text.trim() || surplus > 0}
        >
          <SendIcon />
        </button>
      </div>
    </form>
  );
}

function noteOf({ notice, uploading, isOffline }: Shown["state"], say: Shown["say"]): string {
  if (notice) return say(notice);
  if (uploading) return say("uploading");
  return isOffline ? say("offline") : "";
}
