/** "Vì sao?": one click from a decision to its reason. */
import { Popover } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Explanation } from "@/lib/api/types";
import { useWords } from "@/lib/i18n/words";
import { onEscape } from "@/lib/shortcuts/escape";
import css from "@/ui/Why.module.css";

export function Why({ why }: { why: Explanation }) {
  const words = useWords();
  return (
    <AskWhy>
      <p className={css.reason}>{words.reason(why)}</p>
    </AskWhy>
  );
}

/** What is in it is there only while somebody looks. */
export function AskWhy({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const close = onEscape(() => setOpen(false));
  return (
    <Popover width={300} position="bottom-start" withinPortal trapFocus={false} opened={isOpen} onChange={setOpen}>
      <Popover.Target>
        <button
          type="button"
          className={css.ask}
          onClick={() => setOpen(!isOpen)}
          {...(isOpen && { onKeyDown: close })}
        >
          {t("why.ask")}
        </button>
      </Popover.Target>
      <Popover.Dropdown onKeyDown={close}>{isOpen && children}</Popover.Dropdown>
    </Popover>
  );
}
