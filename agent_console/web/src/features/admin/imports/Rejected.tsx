/** The rows that were not taken, and why. */
import { useTranslation } from "react-i18next";
import { useFaults } from "@/features/admin/imports/api";
import own from "@/features/admin/imports/Imports.module.css";
import type { CustomerImport } from "@/lib/api/types";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Skeleton } from "@/ui/Skeleton";

export function Rejected({ one }: { one: CustomerImport }) {
  const { t, i18n } = useTranslation();
  const pages = useFaults(one);
  if (pages.error !== null) return <Fault error={pages.error} onRetry={() => void pages.refetch()} />;
  if (!pages.data) return <Skeleton lines={3} />;
  return (
    <>
      <div className={own.scroll}>
        <table className={own.table}>
          <thead>
            <tr>
              <th scope="col">{t("imports.row")}</th>
              <th scope="col">{t("imports.column")}</th>
              <th scope="col">{t("imports.value")}</th>
              <th scope="col">{t("imports.reason")}</th>
            </tr>
          </thead>
          <tbody>
            {pages.data.pages
              .flatMap((page) => page.items)
              .map((fault) => (
                <tr key={`${fault.row}:${fault.column}:${fault.code}`}>
                  <td className="figures">{fault.row}</td>
                  <td>{fault.column}</td>
                  <td>{fault.value}</td>
                  <td>{i18n.language === "vi" ? fault.reason_vi : fault.reason_en}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
      {pages.hasNextPage && (
        <Button size="s" disabled={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          {t("imports.moreRejected")}
        </Button>
      )}
    </>
  );
}
