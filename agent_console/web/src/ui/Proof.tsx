/** How sure we are of a number or address: a mark, a word, and where it comes from. */
import { useTranslation } from "react-i18next";
import type { Evidence } from "@/lib/api/types";
import { Icon } from "@/ui/Icon";
import css from "@/ui/Proof.module.css";
import { tip } from "@/ui/tip";

export function Proof({ evidence }: { evidence: Evidence | undefined }) {
  const { t } = useTranslation();
  if (evidence === undefined) return null;
  const isProved = evidence.strength === "attested" || evidence.strength === "order";
  return (
    <span className={css.proof} data-strength={evidence.strength} {...tip(t(`source.${evidence.source}`))}>
      {isProved && <Icon name="check" size={12} />}
      {t(`strength.${evidence.strength}`)}
    </span>
  );
}
