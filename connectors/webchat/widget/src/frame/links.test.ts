import { expect, it } from "vitest";
import { pieces } from "./links";

const links = (text: string) => pieces(text).flatMap(({ href }) => href ?? []);

it("finds web addresses and leaves the punctuation behind them alone", () => {
  expect(pieces("Xem (https://shop.vn/a?b=c). Cảm ơn")).toEqual([
    { text: "Xem (" },
    { text: "https://shop.vn/a?b=c", href: "https://shop.vn/a?b=c" },
    { text: "). Cảm ơn" },
  ]);
});

it("makes nothing else a link", () => {
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https://good.vn@evil.vn/",
    "shop.vn",
    "<a href='javascript:x'>",
    "https://",
    "",
  ]) {
    expect(links(text)).toEqual([]);
  }
});

it("shows every letter of the text, in order", () => {
  const text = 'a https://x.vn/1, "http://y.vn/2" https://u:p@z.vn b\nhttps://x.vn';
  expect(
    pieces(text)
      .map((piece) => piece.text)
      .join(""),
  ).toBe(text); // prettier-ignore
});
