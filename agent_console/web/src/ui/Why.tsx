/** "Vì sao?": one click from a decision to its reason. */
import { Popover } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Explanation } from "@/lib/api/types";
import { useWords } from "@/lib/i18n/words";
import css from "@/ui/Why.module.css";

export function Why({ why }: { why: Explanation }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <Popover width={280} position="bottom-start" withinPortal trapFocus={false}>
      <Popover.Target>
        <button type="button" className={css.ask}>
          {t("why.ask")}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <p className={css.reason}>{words.reason(why)}</p>
      </Popover.Dropdown>
    </Popover>
  );
}
