/** An error where it happened: what went wrong, in words that say what to do, and the way on if there is one. */
import { useTranslation } from "react-i18next";
import { asProblem } from "@/lib/api/problems";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";
import css from "@/ui/Fault.module.css";
import { Icon } from "@/ui/Icon";

export function Fault({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <div role="alert" className={css.fault}>
      <Icon name="alert" />
      <span className={css.words}>{words.problem(asProblem(error))}</span>
      {onRetry && (
        <Button size="s" onClick={onRetry}>
          {t("action.retry")}
        </Button>
      )}
    </div>
  );
}
