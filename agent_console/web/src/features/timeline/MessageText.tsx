/** A message as it was written: its line breaks, its links, and no more than a screenful at once. Never HTML. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { splitLinks } from "@/features/timeline/links";
import css from "@/features/timeline/MessageText.module.css";

const FOLD_CHARS = 1200; // a quoted mail thread; chat is shorter

export function MessageText({ text }: { text: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(text.length <= FOLD_CHARS);
  const shown = isOpen ? text : `${text.slice(0, text.lastIndexOf(" ", FOLD_CHARS)).trimEnd()} …`;
  return (
    <>
      <p className={css.text} dir="auto">
        {splitLinks(shown).map((part, place) =>
          part.href === null ? (
            part.text
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text that does not change
            <a key={place} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
              {part.text}
            </a>
          ),
        )}
      </p>
      {!isOpen && (
        <button type="button" className={css.more} onClick={() => setOpen(true)}>
          {t("thread.showAll")}
        </button>
      )}
    </>
  );
}
