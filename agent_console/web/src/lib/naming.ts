/** What to call a customer before anybody has given them a name. */
import { useTranslation } from "react-i18next";
import type { ConversationState } from "@/lib/api/types";
import { phone } from "@/lib/format/text";

type Named = Pick<ConversationState, "customer_name" | "customer_phone" | "channels">;

export function useNaming(): (row: Named) => string {
  const { t } = useTranslation();
  return (row) => {
    if (row.customer_name) return row.customer_name;
    if (row.customer_phone) return phone(row.customer_phone);
    const channel = row.channels.at(-1);
    return channel ? t(`customer.strangerOn.${channel}`) : t("customer.stranger");
  };
}
