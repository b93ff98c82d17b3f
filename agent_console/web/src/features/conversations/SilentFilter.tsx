/** To be followed up: conversations in which nothing was said for a while, and nobody waits for us. */
import { Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import css from "@/features/conversations/QueueFilter.module.css";
import { useWords } from "@/lib/i18n/words";
import { Icon } from "@/ui/Icon";

const HOUR_S = 3600;
const SPANS_S = [HOUR_S, 4 * HOUR_S, 24 * HOUR_S, 72 * HOUR_S] as const;

interface Props {
  silentS: number | null;
  onChange: (silentS: number | null) => void;
}

export function SilentFilter({ silentS, onChange }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button
          type="button"
          className={css.filter}
          data-on={silentS !== null || undefined}
          aria-label={silentS === null ? t("silent.title") : t("silent.since", { span: words.span(silentS) })}
          title={t("silent.title")}
        >
          <Icon name="clock" size={14} />
          {silentS !== null && <span className={css.name}>{words.span(silentS)}</span>}
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("silent.title")}</Menu.Label>
        <Menu.Item onClick={() => onChange(null)} rightSection={silentS === null ? <Icon name="check" /> : null}>
          {t("silent.all")}
        </Menu.Item>
        {SPANS_S.map((span) => (
          <Menu.Item
            key={span}
            onClick={() => onChange(span)}
            rightSection={silentS === span ? <Icon name="check" /> : null}
          >
            {t("silent.since", { span: words.span(span) })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
