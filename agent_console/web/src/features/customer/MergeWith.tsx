/** The agent knows better than the hub: this customer and that one are one person. Needs a reason; can be undone. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ChooseCustomer } from "@/features/customer/ChooseCustomer";
import { mergeCustomers } from "@/features/customer/customer";
import css from "@/features/customer/MergeWith.module.css";

export function MergeWith({ conversationId, customerId }: { conversationId: string; customerId: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  if (!isOpen) {
    return (
      <button type="button" className={css.open} onClick={() => setOpen(true)}>
        {t("mergeWith.open")}
      </button>
    );
  }
  return (
    <ChooseCustomer
      conversationId={conversationId}
      customerId={customerId}
      why={t("mergeWith.reason")}
      submit={t("mergeWith.submit")}
      onChoose={(otherId, reason) => mergeCustomers(customerId, otherId, reason)}
      onDone={() => setOpen(false)}
    />
  );
}
