/** How it ended, and a word for colleagues; then it is closed. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLabel, useWorkWords } from "@/data/work-words";
import css from "@/features/handling/Handling.module.css";
import { sheetKeys, useFirst } from "@/features/handling/keys";
import { Button } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

interface Props {
  onResolve: (disposition: string | null, note: string | null) => void;
}

export default function ResolveSheet({ onResolve }: Props) {
  const { t } = useTranslation();
  const first = useFirst<HTMLButtonElement>();
  const words = useWorkWords();
  const label = useLabel();
  const [chosen, setChosen] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const dispositions = words?.dispositions.filter((word) => word.active) ?? [];
  const disposition = dispositions.find((word) => word.id === chosen);
  const said = note.trim() === "" ? null : note.trim().normalize("NFC");
  const lacksNote = disposition?.needs_note === true && said === null;
  const lacksChoice = disposition === undefined && words?.disposition_required === true;
  const send = () => {
    if (!lacksNote && !lacksChoice) onResolve(disposition?.id ?? null, said);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of what is in it
    <div className={css.sheet} onKeyDown={sheetKeys(send)}>
      <span className={css.title}>{t("resolve.title")}</span>
      <div className={css.choices} data-choices>
        {dispositions.map((word, place) => (
          <button
            key={word.id}
            type="button"
            className={css.choice}
            aria-pressed={word.id === chosen}
            {...(place === 0 && { ref: first })}
            onClick={() => setChosen(word.id === chosen ? null : word.id)}
          >
            <span className={css.what}>{label(word)}</span>
            {word.id === chosen && <Icon name="check" />}
          </button>
        ))}
      </div>
      <textarea
        className={css.field}
        value={note}
        onChange={(change) => setNote(change.currentTarget.value)}
        placeholder={lacksNote ? t("resolve.noteNeeded") : t("resolve.note")}
        aria-label={t("resolve.note")}
        maxLength={4000}
        rows={2}
      />
      <div className={css.foot}>
        <span className={css.hint}>
          {lacksNote ? t("resolve.noteNeeded") : lacksChoice ? t("resolve.choose") : t("transfer.noteHint")}
        </span>
        <Button size="s" kind="primary" disabled={lacksNote || lacksChoice} onClick={send}>
          {t("verb.resolve")}
        </Button>
      </div>
    </div>
  );
}
