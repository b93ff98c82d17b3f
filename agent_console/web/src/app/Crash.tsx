/** Something broke that should not. Says so in a sentence, keeps the rest of the page where it can, and offers a way on. */
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import css from "@/app/Crash.module.css";
import { Problem } from "@/lib/api/problems";
import { useWords } from "@/lib/i18n/words";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";

export function Crash({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const words = useWords();
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <main className={css.crash}>
      <Empty title={t("crash.title")} hint={error instanceof Problem ? words.problem(error) : t("crash.hint")}>
        <Button kind="primary" onClick={again}>
          {t("action.retry")}
        </Button>
      </Empty>
    </main>
  );
}
