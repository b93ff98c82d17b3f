/** Who this is: names and numbers, the channel identities with what proves them, and how they came together. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Panel } from "@/data/detail";
import type { View } from "@/data/keys";
import { ContactPoints } from "@/features/customer/ContactPoints";
import { Conversations } from "@/features/customer/Conversations";
import css from "@/features/customer/CustomerPanel.module.css";
import { Details, Orders } from "@/features/customer/Details";
import { Identities } from "@/features/customer/Identities";
import { Ledger } from "@/features/customer/Ledger";
import { MergeWith } from "@/features/customer/MergeWith";
import { NameField } from "@/features/customer/NameField";
import { Suggestions } from "@/features/customer/Suggestions";
import { useAct } from "@/features/customer/use-act";

interface Props {
  conversationId: string;
  view: View;
  panel: Panel;
  children?: ReactNode; // what concerns the conversation rather than the customer
}

export function CustomerPanel({ conversationId, view, panel, children }: Props) {
  const { t } = useTranslation();
  const act = useAct(conversationId);
  const { customer, suggestions } = panel;
  return (
    <div className={css.panel}>
      <NameField conversationId={conversationId} customer={customer} />
      <ContactPoints customer={customer} />
      <Details customer={customer} onSaved={async () => void (await act.run(async () => {}))} />
      <Orders customer={customer} />
      {children}
      {suggestions.length > 0 && <Suggestions conversationId={conversationId} suggestions={suggestions} />}
      <section className={css.section} aria-label={t("customer.identities")}>
        <h3 className={css.heading}>{t("customer.identities")}</h3>
        <Identities conversationId={conversationId} customer={customer} />
        <MergeWith conversationId={conversationId} customerId={customer.id} />
      </section>
      <Conversations customer={customer} openId={conversationId} view={view} />
      <Ledger conversationId={conversationId} customer={customer} />
    </div>
  );
}
