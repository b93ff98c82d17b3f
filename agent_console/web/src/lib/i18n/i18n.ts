/** Complete catalogs in two languages, one language loaded, and of that what the pages at hand need. Keys are typed;
 * scripts/catalogs.mjs keeps the languages alike and sees that no page speaks words that may not be there yet. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";

export const LOCALES = ["vi", "en"] as const;
export type Locale = (typeof LOCALES)[number];

const STORED = "onethread.locale";
const NAMESPACE = "translation"; // i18next's word for all keys together

/** `main` is of the first screen; every other part bears the name of the folder in features/ that it belongs to. */
const load = {
  main: {
    vi: () => import("@/locales/vi.json"),
    en: () => import("@/locales/en.json"),
  },
  admin: {
    vi: () => import("@/locales/admin.vi.json"),
    en: () => import("@/locales/admin.en.json"),
  },
} satisfies Record<string, Record<Locale, () => Promise<{ default: object }>>>;

export type Part = keyof typeof load;

const wanted = new Set<Part>(["main"]);
const there = new Set<string>(); // "part locale"
let spoken: Locale = "vi"; // or about to be

/** Before anybody has signed in: what was chosen here last, else Vietnamese. */
export function rememberedLocale(): Locale {
  try {
    return localStorage.getItem(STORED) === "en" ? "en" : "vi";
  } catch {
    return "vi"; // storage is off
  }
}

export async function startI18n(locale: Locale): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: locale,
    resources: {},
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  there.clear();
  spoken = locale;
  await complete();
  apply(locale);
}

export async function switchLocale(locale: Locale): Promise<void> {
  spoken = locale;
  await complete();
  if (spoken !== locale) return; // switched again meanwhile
  await i18next.changeLanguage(locale);
  apply(locale);
}

/** The words of pages that are loaded when first opened; to be awaited before they are drawn. */
export async function loadWords(part: Part): Promise<void> {
  wanted.add(part);
  await complete();
}

/** All that is wanted, in the language that is drawn now and in the one about to be: while something loads, more may be
 * asked for, or another language chosen. */
async function complete(): Promise<void> {
  for (;;) {
    const locales = new Set([spoken, i18next.language as Locale]);
    const missing = [...wanted].flatMap((part) =>
      [...locales].filter((locale) => !there.has(`${part} ${locale}`)).map((locale) => add(part, locale)),
    );
    if (missing.length === 0) return;
    await Promise.all(missing);
  }
}

async function add(part: Part, locale: Locale): Promise<void> {
  const catalog = await load[part][locale]();
  i18next.addResourceBundle(locale, NAMESPACE, catalog.default, true);
  there.add(`${part} ${locale}`);
}

function apply(locale: Locale): void {
  document.documentElement.lang = locale;
  try {
    localStorage.setItem(STORED, locale);
  } catch {
    // storage is off: asked again next time
  }
}
