/** Only what is promised by a time, and what is due first, first. */
import { useTranslation } from "react-i18next";
import css from "@/features/conversations/Narrow.module.css";
import { Icon } from "@/ui/Icon";

export function DueFirst({ isOn, onChange }: { isOn: boolean; onChange: (isOn: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className={css.filter}
      data-on={isOn || undefined}
      aria-pressed={isOn}
      aria-label={t("promise.dueFirst")}
      title={t("promise.dueFirst")}
      onClick={() => onChange(!isOn)}
    >
      <Icon name="alert" size={14} />
      {isOn && <span className={css.name}>{t("promise.due")}</span>}
    </button>
  );
}
