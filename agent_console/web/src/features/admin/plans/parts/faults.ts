/** What the hub found wrong, at the place where it is edited. */
import { createContext, useContext } from "react";
import { useTranslation } from "react-i18next";
import { type Named, nameOf, placeOf } from "@/features/admin/plans/draft";
import { useFaultAt } from "@/features/admin/use-saving";
import type { Fault } from "@/lib/api/problems";

export const Faults = createContext<readonly Fault[]>([]);

/** The fault at this place or below it, in words; places as the hub names them. */
export function useFault(): (where: string) => string | undefined {
  return useFaultAt(useContext(Faults));
}

type Loose = (key: string, params?: Record<string, unknown>) => string;

/** "Quy tắc 2 (Khách VIP) → Bước 1 → Kỹ năng". */
export function usePlaceWords(document: unknown): (where: string) => string {
  const { t, i18n } = useTranslation();
  return (where) => {
    let value = document;
    const words: string[] = [];
    for (const part of placeOf(where)) {
      value = value === null || value === undefined ? undefined : (value as Record<string | number, unknown>)[part];
      if (typeof part === "number") {
        const name = nameOf(value as Named | undefined);
        words.push(
          `${words.pop() ?? ""} ${part + 1}${typeof name === "string" && name !== "" ? ` (${name})` : ""}`.trim(),
        );
      } else {
        words.push(i18n.exists(`planField.${part}`) ? (t as unknown as Loose)(`planField.${part}`) : part);
      }
    }
    return words.join(" → ");
  };
}
