/** Every number and address once, with the strongest proof there is for it. */
import { useTranslation } from "react-i18next";
import css from "@/features/customer/CustomerPanel.module.css";
import type { Customer, Evidence } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { CopyButton } from "@/ui/CopyButton";
import { Proof } from "@/ui/Proof";

export function ContactPoints({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const { phones, emails, identities } = customer;
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
