/** Customers in bulk: a file in, its columns mapped, carried out while one watches, told, taken back; and all of them out. */
import { useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/admin/Admin.module.css";
import { uploadFile, useImports } from "@/features/admin/imports/api";
import { ImportItem } from "@/features/admin/imports/ImportItem";
import own from "@/features/admin/imports/Imports.module.css";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Skeleton } from "@/ui/Skeleton";

export default function ImportsPage() {
  const imports = useImports();
  if (imports.error !== null) return <Fault error={imports.error} onRetry={() => void imports.refetch()} />;
  return (
    <>
      <Exports />
      <Drop />
      {imports.data ? (
        imports.data.length > 0 && (
          <ul className={css.list}>
            {imports.data.map((one) => (
              <ImportItem key={one.id} one={one} />
            ))}
          </ul>
        )
      ) : (
        <Skeleton lines={4} />
      )}
    </>
  );
}

function Exports() {
  const { t, i18n } = useTranslation();
  const address = (format: string) =>
    `/api/v1/exports/customers?format=${format}&language=${i18n.language === "vi" ? "vi" : "en"}`;
  return (
    <div className={own.bar}>
      <p className={css.hint}>{t("imports.hint")}</p>
      <a className={own.download} href={address("xlsx")} download>
        {t("imports.export", { format: "XLSX" })}
      </a>
      <a className={own.download} href={address("csv")} download>
        {t("imports.export", { format: "CSV" })}
      </a>
    </div>
  );
}

function Drop() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const take = async (file: File | undefined) => {
    if (!file) return;
    setBusy(true);
    setError(null);
    try {
      await uploadFile(client, file);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const over = (event: DragEvent, is: boolean) => {
    event.preventDefault();
    setOver(is);
  };
  return (
    <section
      className={own.drop}
      data-over={isOver || undefined}
      aria-label={t("imports.upload")}
      onDragOver={(event) => over(event, true)}
      onDragLeave={(event) => over(event, false)}
      onDrop={(event) => {
        over(event, false);
        void take(event.dataTransfer.files[0]);
      }}
    >
      <Icon name="file" size={20} />
      <p>{t("imports.drop")}</p>
      <input
        ref={input}
        type="file"
        hidden
        accept=".csv,.txt,.tsv,.xlsx"
        aria-label={t("imports.upload")}
        onChange={(change) => {
          void take(change.currentTarget.files?.[0]);
          change.currentTarget.value = "";
        }}
      />
      <Button kind="primary" disabled={isBusy} onClick={() => input.current?.click()}>
        {t(isBusy ? "imports.reading" : "imports.choose")}
      </Button>
      <p className={css.meta}>{t("imports.formats")}</p>
      {error !== null && <Fault error={error} />}
    </section>
  );
}
