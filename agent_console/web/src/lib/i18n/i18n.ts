/** Two complete catalogs, one loaded. Keys are typed; scripts/catalogs.mjs keeps the two alike and the enums covered. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

export const LOCALES = ["vi", "en"] as const;
export type Locale = (typeof LOCALES)[number];

const STORED = "onethread.locale";

const load = {
  vi: () => import("@/locales/vi.json"),
  en: () => import("@/locales/en.json"),
};

/** Before anybody has signed in: what was chosen here last, else Vietnamese. */
export function rememberedLocale(): Locale {
  try {
    return localStorage.getItem(STORED) === "en" ? "en" : "vi";
  } catch {
    return "vi"; // storage is off
  }
}

export async function startI18n(locale: Locale): Promise<void> {
  const catalog = await load[locale]();
  await i18next.use(initReactI18next).init({
    lng: locale,
    resources: { [locale]: { translation: catalog.default } },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  apply(locale);
}

export async function switchLocale(locale: Locale): Promise<void> {
  if (!i18next.hasResourceBundle(locale, "translation")) {
    i18next.addResourceBundle(locale, "translation", (await load[locale]()).default);
  }
  await i18next.changeLanguage(locale);
  apply(locale);
}

function apply(locale: Locale): void {
  document.documentElement.lang = locale;
  try {
    localStorage.setItem(STORED, locale);
  } catch {
    // storage is off: asked again next time
  }
}
