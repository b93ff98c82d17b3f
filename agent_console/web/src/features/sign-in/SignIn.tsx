/** The door. One form; what is wrong stands under it. */
import { PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/sign-in/SignIn.module.css";
import { signIn } from "@/features/sign-in/sign-in";
import type { Me } from "@/lib/api/types";
import { LOCALES, type Locale, switchLocale } from "@/lib/i18n/i18n";
import { Brand } from "@/ui/Brand";
import { Button } from "@/ui/Button";
import { Fault } from "@/ui/Fault";

export function SignIn({ onSignedIn, ended }: { onSignedIn: (me: Me) => void; ended: boolean }) {
  const { t } = useTranslation();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setError(null);
    try {
      onSignedIn(await signIn(login.trim(), password));
    } catch (problem) {
      setError(problem);
      setPassword("");
    } finally {
      setSending(false);
    }
  };

  return (
    <main className={css.page}>
      <form className={css.card} onSubmit={submit}>
        <div className={css.head}>
          <Brand size={40} />
          <h1 className={css.title}>{t("signIn.title")}</h1>
          <p className={css.hint}>{t(ended ? "signIn.ended" : "signIn.hint")}</p>
        </div>
        <TextInput
          label={t("signIn.login")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          withAsterisk={false}
          value={login}
          onChange={(change) => setLogin(change.currentTarget.value)}
        />
        <PasswordInput
          label={t("signIn.password")}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(change) => setPassword(change.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
        />
        {error !== null && <Fault error={error} />}
        <Button kind="primary" type="submit" disabled={isSending}>
          {t(isSending ? "signIn.sending" : "signIn.submit")}
        </Button>
      </form>
      <LanguageChoice />
    </main>
  );
}

function LanguageChoice() {
  const { t, i18n } = useTranslation();
  return (
    <div className={css.languages}>
      {LOCALES.map((locale: Locale) => (
        <button
          key={locale}
          type="button"
          lang={locale}
          aria-pressed={i18n.language === locale}
          onClick={() => void switchLocale(locale)}
        >
          {t(`language.${locale}`)}
        </button>
      ))}
    </div>
  );
}
