/** Words and numbers as people here write them. Pure. */

/** For comparing and searching: "Đức" and "duc" are the same. The server folds in the same way. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("đ", "d")
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "");
}

/** E.164 as read aloud: 0912 345 678. Land lines 024 3825 1234; foreign numbers stay as they are. */
export function phone(e164: string): string {
  if (!/^\+84\d{6,12}$/.test(e164)) return e164;
  const national = `0${e164.slice(3)}`;
  if (national.length === 10) return national.replace(/^(\d{4})(\d{3})(\d{3})$/, "$1 $2 $3");
  if (national.length === 11) return national.replace(/^(\d{3})(\d{4})(\d{4})$/, "$1 $2 $3");
  return national;
}

/** 2026-11-17 as 17/11/2026. A day has no zone. */
export function day(iso: string): string {
  return iso.replace(/^(\d{4})-(\d{2})-(\d{2})$/, "$3/$2/$1");
}

/** File sizes with the comma of the language: 1,4 MB. */
export function bytes(count: number, locale: string): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 1 && value < 100 ? 1 : 0;
  return `${value.toLocaleString(locale, { maximumFractionDigits: digits })} ${units[unit]}`;
}

/** One or two letters for a person without a picture. Vietnamese are called by the last word of their name. */
export function initial(name: string): string {
  const word = name.trim().split(/\s+/).at(-1) ?? "";
  return (word[0] ?? "?").toLocaleUpperCase("vi");
}

/** Counts what a provider counts: code points, not the UTF-16 halves of an emoji. NFC, as the hub sends it. */
export function characters(text: string): number {
  return Array.from(text.normalize("NFC")).length;
}
