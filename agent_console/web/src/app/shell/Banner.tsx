/** The line to the hub is down: says so, and what still works. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import css from "@/app/shell/Banner.module.css";
import { retryNow } from "@/data/outbox";
import { useStatus } from "@/live/status";

export function Banner() {
  const { t } = useTranslation();
  const line = useStatus((status) => status.line);
  useEffect(() => {
    if (line === "live") retryNow();
  }, [line]);
  if (line !== "offline") return null;
  return (
    <p className={css.banner} role="status">
      <strong>{t("offline.title")}</strong> {t("offline.hint")}
    </p>
  );
}
