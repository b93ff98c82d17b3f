/** The last line of a conversation in words: ours says so, and what is no text is named. */
import { useTranslation } from "react-i18next";
import type { ConversationState } from "@/lib/api/types";

type Loose = (key: string) => string;

export function usePreviewText(): (row: ConversationState) => string {
  const { t, i18n } = useTranslation();
  return ({ preview }) => {
    if (preview === null) return t("preview.nothing");
    const key = `preview.${preview.kind}`;
    const named = preview.kind !== "text" && i18n.exists(key) ? (t as unknown as Loose)(key) : "";
    // what is not supported has the provider's raw data for its text
    const said = (preview.kind !== "unsupported" && preview.text) || named || t("preview.unsupported");
    return preview.author === "business" ? t("preview.ours", { text: said }) : said;
  };
}
