/** Through which channel the answer goes. What would fail is greyed out and says why. */
import { Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import css from "@/features/composer/ChannelChoice.module.css";
import type { ReplyOption } from "@/lib/api/types";
import { dateTime } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { ChannelMark } from "@/ui/ChannelMark";
import { Icon } from "@/ui/Icon";

interface Props {
  options: readonly ReplyOption[];
  chosen: ReplyOption | undefined;
  onChoose: (identityId: string) => void;
}

export function ChannelChoice({ options, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  if (chosen === undefined) return null;
  return (
    <Menu position="top-start" width={340} withinPortal>
      <Menu.Target>
        <button type="button" className={css.chosen} data-refused={chosen.refused !== null || undefined}>
          <ChannelMark channel={chosen.channel} size={16} />
          <span className={css.name}>{t("composer.through", { account: chosen.account_name })}</span>
          {chosen.preferred && <span className={css.note}>{t("composer.preferred")}</span>}
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("composer.choose")}</Menu.Label>
        {options.map((option) => (
          <Menu.Item
            key={option.identity_id}
            leftSection={<ChannelMark channel={option.channel} size={18} />}
            rightSection={option.identity_id === chosen.identity_id ? <Icon name="check" /> : null}
            disabled={option.refused !== null}
            onClick={() => onChoose(option.identity_id)}
          >
            <OptionWords option={option} />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function OptionWords({ option }: { option: ReplyOption }) {
  const { t } = useTranslation();
  const words = useWords();
  const said = option.refused
    ? words.reason(option.refused)
    : option.window_ends_at
      ? t("composer.windowEnds", { at: dateTime(option.window_ends_at) })
      : option.preferred
        ? t("composer.preferred")
        : null;
  return (
    <>
      <span className={css.option}>
        {option.account_name}
        {option.display_name && <span className={css.note}>{option.display_name}</span>}
      </span>
      {said && <span className={css.said}>{said}</span>}
    </>
  );
}
