/** Copies what stands beside it, and says so for a moment. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/Button";

const SAID_MS = 1500;

export function CopyButton({ value }: { value: string }) {
  const { t } = useTranslation();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
      setTimeout(() => setCopied(false), SAID_MS);
    } catch {
      setCopied(false); // the browser forbids it on pages without HTTPS; the text can still be selected
    }
  };
  return (
    <IconButton
      icon={isCopied ? "check" : "copy"}
      size="s"
      label={t(isCopied ? "action.copied" : "action.copy", { value })}
      onClick={() => void copy()}
    />
  );
}
