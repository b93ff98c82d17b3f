/** One customer outside a conversation: who they are, what is known, where we talked. */
import { useTranslation } from "react-i18next";
import { ContactPoints } from "@/features/customer/ContactPoints";
import { Conversations } from "@/features/customer/Conversations";
import css from "@/features/customer/CustomerPanel.module.css";
import { Details, Orders } from "@/features/customer/Details";
import type { Customer } from "@/lib/api/types";
import { Avatar } from "@/ui/Avatar";

export function CustomerSheet({
  customer,
  onSaved,
}: {
  customer: Customer;
  onSaved: (saved: Customer) => Promise<void>;
}) {
  const { t } = useTranslation();
  const shown = customer.name ?? t("customer.stranger");
  return (
    <div className={css.panel}>
      <div className={css.name}>
        <Avatar name={shown} size={40} />
        <h2 className={css.nameWords}>{shown}</h2>
      </div>
      <ContactPoints customer={customer} />
      <Details customer={customer} onSaved={onSaved} />
      <Orders customer={customer} />
      <Conversations customer={customer} openId="" view="all" />
    </div>
  );
}
