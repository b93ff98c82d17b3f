/** The conversation: newest at the bottom, and staying there unless the visitor reads above. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Shown } from "./app";
import { Bubble } from "./bubble";
import { day } from "./i18n";
import { DownIcon } from "./icons";
import type { Outgoing } from "./outbox";
import { hasOlder } from "./timeline";
import type { Message } from "./wire";

const NEAR_PX = 80;

export function Thread(shown: Shown) {
  const { chat, state, say } = shown;
  const { timeline, outgoing, locale, isTyping, texts } = state;
  const place = useRef<HTMLDivElement>(null);
  const messages = timeline.messages.filter((message) => !message.hidden);
  const firstSeq = timeline.messages[0]?.seq;
  const count = messages.length + outgoing.length;
  const { isAway, toEnd } = useReadingPlace(place, firstSeq, count, outgoing.length, isTyping);
  const lastOwn = messages.filter((message) => message.author.kind === "visitor").at(-1);

  return (
    <div class="thread">
      <div class="scroll" ref={place}>
        {hasOlder(timeline) && (
          <button type="button" class="link older" onClick={() => chat.showOlder()}>
            {say("older")}
          </button>
        )}
        <div role="log" aria-live="polite" aria-label={say("thread")}>
          {!hasOlder(timeline) && <p class="greeting">{texts?.greeting[locale]}</p>}
          {messages.map((message, index) => (
            <Entry key={message.id} shown={shown} message={message} before={messages[index - 1]}>
              {message === lastOwn && outgoing.length === 0 && (
                <p class="status">{say(message.seq <= timeline.seenSeq ? "seen" : "sent")}</p>
              )}
            </Entry>
          ))}
          {outgoing.map((message) => (
            <Own key={message.client_id} shown={shown} message={message} />
          ))}
        </div>
        <div class="typing" role="status">
          {isTyping && (
            <>
              <i />
              <i />
              <i />
              <span class="unseen">{say("typing")}</span>
            </>
          )}
        </div>
      </div>
      {isAway && (
        <button type="button" class="newer" onClick={toEnd}>
          <DownIcon /> {say("newer")}
        </button>
      )}
    </div>
  );
}

interface EntryProps {
  shown: Shown;
  message: Message;
  before: Message | undefined;
  children?: preact.ComponentChildren;
}

function Entry({ shown, message, before, children }: EntryProps) {
  const { state, say } = shown;
  const date = day(state.locale, message.created_at);
  const isNewDay = !before || day(state.locale, before.created_at) !== date;
  const isSame =
    !isNewDay && before?.author.kind === message.author.kind && before?.author.name === message.author.name;
  const name = message.author.kind === "agent" ? (message.author.name ?? say("agent")) : undefined;
  return (
    <>
      {isNewDay && <p class="day">{date}</p>}
      <div class={`entry ${message.author.kind}${isSame ? " same" : ""}`}>
        {!isSame && name && <p class="name">{name}</p>}
        {!name && <span class="unseen">{message.author.kind === "visitor" ? say("you") : ""}</span>}
        <Bubble shown={shown} message={message} />
        {children}
      </div>
    </>
  );
}

function Own({ shown, message }: { shown: Shown; message: Outgoing }) {
  const { chat, say } = shown;
  const isFinal = message.code !== undefined;
  return (
    <div class={`entry visitor same ${message.state}`}>
      <Bubble shown={shown} message={{ ...message, attachments: message.files, edited: false }} />
      {message.state !== "failed" && <p class="status">{say(message.state === "sent" ? "sent" : "sending")}</p>}
      {message.state === "failed" && (
        <p class="status fault" role="alert">
          {isFinal ? (
            say("refused")
          ) : (
            <button type="button" class="link" onClick={() => chat.sender.again(message.client_id)}>
              {say("failed")}
            </button>
          )}{" "}
          <button type="button" class="link" onClick={() => chat.sender.discard(message.client_id)}>
            {say("discard")}
          </button>
        </p>
      )}
    </div>
  );
}

/** Keeps the end in view while the visitor is there, and the place they read at while they are not. */
function useReadingPlace(
  place: { current: HTMLDivElement | null },
  firstSeq: number | undefined,
  count: number,
  own: number,
  isTyping: boolean,
) {
  const [isAway, setAway] = useState(false);
  const isNear = useRef(true);
  const before = useRef({ firstSeq, height: 0, own });

  useEffect(() => {
    const box = place.current;
    if (!box) return;
    const look = () => {
      isNear.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
      if (isNear.current) setAway(false);
    };
    const keep = new ResizeObserver(() => isNear.current && box.scrollTo(0, box.scrollHeight));
    box.addEventListener("scroll", look, { passive: true });
    keep.observe(box);
    for (const child of box.children) keep.observe(child);
    return () => {
      keep.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, [place]);

  useLayoutEffect(() => {
    const box = place.current;
    if (!box) return;
    const was = before.current;
    if (was.firstSeq !== undefined && firstSeq !== undefined && firstSeq < was.firstSeq) {
      box.scrollTop += box.scrollHeight - was.height;
    } else if (isNear.current || own > was.own) box.scrollTo(0, box.scrollHeight);
    else setAway(true);
    before.current = { firstSeq, height: box.scrollHeight, own };
  }, [firstSeq, count, isTyping]);

  const toEnd = () => place.current?.scrollTo({ top: place.current.scrollHeight, behavior: "smooth" });
  return { isAway, toEnd };
}
