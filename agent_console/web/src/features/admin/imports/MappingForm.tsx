/** Which column is what, and the first rows as they would be taken. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { labelOf, useAttributes } from "@/features/admin/attributes";
import { cancelImport, type Mapping, startImport, usePreview } from "@/features/admin/imports/api";
import own from "@/features/admin/imports/Imports.module.css";
import { useSaving } from "@/features/admin/use-saving";
import type { CustomerImport } from "@/lib/api/types";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

const FIELDS = ["external_id", "name", "family_name", "given_name", "phone", "email", "tags", "note"] as const;
const KEYS: readonly (string | null)[] = ["external_id", "phone", "email"];

export function MappingForm({ one }: { one: CustomerImport }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const acting = useSaving(() => {});
  const [mapping, setMapping] = useState<Mapping>(one.mapping);
  const isKnown = mapping.some((field) => KEYS.includes(field));
  const preview = usePreview(one, mapping, isKnown);
  return (
    <div className={own.course}>
      <p>{t("imports.mapHint")}</p>
      <div className={own.scroll}>
        <table className={own.table}>
          <thead>
            <tr>
              <th scope="col">{t("imports.row")}</th>
              {one.headings.map((heading, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name; headings may repeat
                <th key={column} scope="col">
                  <span className={own.heading}>{heading || "–"}</span>
                  <FieldChoice
                    heading={heading}
                    value={mapping[column] ?? null}
                    onChange={(field) => setMapping(mapping.map((known, at) => (at === column ? field : known)))}
                  />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.data?.map((row) => (
              <tr key={row.row} data-wrong={row.faults.length > 0 || undefined}>
                <td className="figures">{row.row}</td>
                {one.headings.map((heading, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  <td key={column}>
                    {row.cells[column]}
                    {row.faults
                      .filter((fault) => fault.column === heading)
                      .map((fault) => (
                        <span key={fault.code} className={own.wrong}>
                          {i18n.language === "vi" ? fault.reason_vi : fault.reason_en}
                        </span>
                      ))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {preview.data?.some((row) => row.faults.length > 0) && <p className={own.note}>{t("imports.wrongRows")}</p>}
      {!isKnown && <p className={own.note}>{t("problem.mapping_no_key")}</p>}
      {preview.error !== null && isKnown && <Fault error={preview.error} />}
      {acting.error !== null && <Fault error={acting.error} />}
      <div className={own.actions}>
        <Button
          kind="primary"
          disabled={!isKnown || acting.isBusy}
          onClick={() => acting.run(() => startImport(client, one.id, mapping))}
        >
          {t("imports.start", { count: one.rows_total })}
        </Button>
        <Button kind="quiet" disabled={acting.isBusy} onClick={() => acting.run(() => cancelImport(client, one.id))}>
          {t("imports.discard")}
        </Button>
      </div>
    </div>
  );
}

interface ChoiceProps {
  heading: string;
  value: string | null;
  onChange: (field: string | null) => void;
}

function FieldChoice({ heading, value, onChange }: ChoiceProps) {
  const { t, i18n } = useTranslation();
  const attributes = useAttributes();
  return (
    <select
      className={own.choice}
      value={value ?? ""}
      aria-label={t("imports.columnIs", { heading })}
      onChange={(change) => onChange(change.currentTarget.value || null)}
    >
      <option value="">{t("imports.leaveOut")}</option>
      {FIELDS.map((field) => (
        <option key={field} value={field}>
          {t(`imports.field.${field}`)}
        </option>
      ))}
      {(attributes.data ?? [])
        .filter((one) => !one.retired)
        .map((one) => (
          <option key={one.key} value={`attribute:${one.key}`}>
            {labelOf(one, i18n.language)}
          </option>
        ))}
    </select>
  );
}
