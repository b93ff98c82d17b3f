/** A key or chord as printed on the keyboard: "mod+k", "g m", "?". */
import css from "@/ui/Key.module.css";

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

const printed: Record<string, string> = {
  mod: isMac ? "⌘" : "Ctrl",
  alt: isMac ? "⌥" : "Alt",
  shift: "⇧",
  enter: "↵",
  escape: "Esc",
};

export function Key({ name }: { name: string }) {
  return (
    <span className={css.chord}>
      {name.split(/[ +]/).map((part) => (
        <kbd key={part} className={css.key}>
          {printed[part] ?? part.toUpperCase()}
        </kbd>
      ))}
    </span>
  );
}
