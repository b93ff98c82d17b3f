/** Who this is: names and numbers, the channel identities with what proves them, and how they came together. */
import { useTranslation } from "react-i18next";
import type { Panel } from "@/data/detail";
import type { View } from "@/data/keys";
import { Conversations } from "@/features/customer/Conversations";
import css from "@/features/customer/CustomerPanel.module.css";
import { Identities } from "@/features/customer/Identities";
import { Ledger } from "@/features/customer/Ledger";
import { MergeWith } from "@/features/customer/MergeWith";
import { NameField } from "@/features/customer/NameField";
import { Suggestions } from "@/features/customer/Suggestions";
import type { Evidence } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { CopyButton } from "@/ui/CopyButton";
import { Proof } from "@/ui/Proof";

interface Props {
  conversationId: string;
  view: View;
  panel: Panel;
}

export function CustomerPanel({ conversationId, view, panel }: Props) {
  const { t } = useTranslation();
  const { customer, suggestions } = panel;
  return (
    <div className={css.panel}>
      <NameField conversationId={conversationId} customer={customer} />
      <ContactPoints panel={panel} />
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

/** Every number and address once, with the strongest proof there is for it. */
function ContactPoints({ panel }: { panel: Panel }) {
  const { t } = useTranslation();
  const { phones, emails, identities } = panel.customer;
  const evidence = identities.flatMap((identity) => identity.evidence);
  const values = [
    ...phones.map((value) => ({ value, shown: phone(value) })),
    ...emails.map((value) => ({ value, shown: value })),
  ];
  if (values.length === 0) return <p className={css.none}>{t("customer.noContact")}</p>;
  return (
    <ul className={css.points}>
      {values.map(({ value, shown }) => (
        <li key={value} className={css.point}>
          <span className="figures">{shown}</span>
          <Proof evidence={strongest(evidence, value)} />
          <CopyButton value={shown} />
        </li>
      ))}
    </ul>
  );
}

const STRENGTHS = ["attested", "order", "agent", "claimed", "masked"];

export function strongest(evidence: readonly Evidence[], value: string): Evidence | undefined {
  return evidence
    .filter((piece) => piece.value === value)
    .sort((a, b) => STRENGTHS.indexOf(a.strength) - STRENGTHS.indexOf(b.strength))[0];
}
