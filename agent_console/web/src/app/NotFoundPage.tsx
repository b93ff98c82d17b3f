import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import css from "@/app/Crash.module.css";
import { Empty } from "@/ui/Empty";

/** No page has this address. */
export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <main className={css.crash}>
      <Empty title={t("notFound.title")} hint={t("notFound.hint")}>
        <Link to="/">{t("notFound.home")}</Link>
      </Empty>
    </main>
  );
}
