/** Before it happens: whom the new numbers would join, or suggest. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { previewContacts, split } from "@/features/customer/edit/api";
import css from "@/features/customer/edit/Editor.module.css";
import { useWords } from "@/lib/i18n/words";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";

interface Props {
  customerId: string | null;
  name: string | null;
  contacts: readonly string[];
}

export function Consequences({ customerId, name, contacts }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const preview = useQuery({
    queryKey: ["preview", customerId, name, contacts],
    queryFn: () => previewContacts(customerId, { name, ...split(contacts) }),
    enabled: contacts.length > 0,
    staleTime: 0,
    retry: false,
  });
  if (contacts.length === 0) return null;
  if (preview.error !== null) return <Fault error={preview.error} />;
  if (!preview.data) return null;
  if (preview.data.length === 0) return <p className={css.alone}>{t("details.joinsNobody")}</p>;
  return (
    <ul className={css.follows} role="status">
      {preview.data.map((one) => (
        <li key={`${one.kind}:${one.customer_id}:${one.why.code}`} className={css.follow}>
          <Icon name={one.kind === "join" ? "merge" : "question"} />
          <span>
            <strong>{t(`details.${one.kind}`, { name: one.name ?? t("details.somebody") })}</strong>{" "}
            {words.reason(one.why)}
          </span>
        </li>
      ))}
    </ul>
  );
}
