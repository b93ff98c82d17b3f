/** How many wait, on the rail: a small figure, nothing when there are none. */
import { useTranslation } from "react-i18next";
import { useSuggestionCount } from "@/data/suggestions";
import css from "@/features/suggestions/OpenCount.module.css";

const SHOWN_MAX = 99;

export function OpenCount() {
  const { t } = useTranslation();
  const count = useSuggestionCount()?.open ?? 0;
  if (count === 0) return null;
  return (
    <span className={css.count} title={t("row.suggestions", { count })}>
      {count > SHOWN_MAX ? `${SHOWN_MAX}+` : count}
    </span>
  );
}
