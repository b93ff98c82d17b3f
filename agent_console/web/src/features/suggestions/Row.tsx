/** One suggestion in the list: the two names, why, and how alike the names are. */
import { useTranslation } from "react-i18next";
import css from "@/features/suggestions/Suggestions.module.css";
import type { SuggestionRow, SuggestionSide } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { ChannelMark } from "@/ui/ChannelMark";

interface Props {
  row: SuggestionRow;
  isChosen: boolean;
  onChoose: () => void;
}

export function Row({ row, isChosen, onChoose }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const now = useNow();
  return (
    <li>
      <button type="button" className={css.row} aria-current={isChosen || undefined} onClick={onChoose}>
        <span className={css.pair}>
          <Who side={row.a} />
          <Who side={row.b} />
        </span>
        <span className={css.why}>{words.reason(row.why)}</span>
        <span className={css.meta}>
          {row.similarity !== null && <span>{t("suggestions.similar", { percent: row.similarity })}</span>}
          <time dateTime={row.created_at}>{words.ago(row.created_at, now)}</time>
        </span>
      </button>
    </li>
  );
}

export function Who({ side }: { side: SuggestionSide }) {
  const shown = useShownName();
  return (
    <span className={css.who}>
      {side.channels.map((channel) => (
        <ChannelMark key={channel} channel={channel} size={16} />
      ))}
      <span className={css.name}>{shown(side)}</span>
    </span>
  );
}

export function useShownName(): (side: SuggestionSide) => string {
  const { t } = useTranslation();
  return (side) => {
    if (side.name) return side.name;
    if (side.phone) return phone(side.phone);
    const channel = side.channels[0];
    return channel ? t(`customer.strangerOn.${channel}`) : t("customer.stranger");
  };
}
