/** Me, in the corner: may work be offered to me, in which language and light, and the way out. */
import { Menu, useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { setPresence, useMe } from "@/data/session";
import { useLabel, useReason, useWorkWords } from "@/data/work-words";
import { changeLocale, signOut } from "@/features/presence/me";
import css from "@/features/presence/PresenceMenu.module.css";
import { asProblem } from "@/lib/api/problems";
import type { PresenceStatus } from "@/lib/api/types";
import { LOCALES } from "@/lib/i18n/i18n";
import { useWords } from "@/lib/i18n/words";
import { Avatar } from "@/ui/Avatar";
import { Icon } from "@/ui/Icon";
import { notify } from "@/ui/notices";
import { PresenceDot } from "@/ui/PresenceDot";

const STATUSES: readonly PresenceStatus[] = ["available", "busy", "away", "offline"];
const SCHEMES = ["auto", "light", "dark"] as const;

export function PresenceMenu({ onSignedOut }: { onSignedOut: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const reason = useReason();
  const label = `${me.agent.display_name}: ${reason(me) ?? t(`presence.${me.presence}`)}`;
  return (
    <Menu position="right-end" width={240} withinPortal>
      <Menu.Target>
        <button type="button" className={css.me} aria-label={label} title={label}>
          <Avatar name={me.agent.display_name} size={32} />
          <PresenceDot status={me.presence} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.agent.display_name}</Menu.Label>
        <StatusItems />
        <Menu.Divider />
        <SchemeItems />
        <Menu.Divider />
        <LocaleItems />
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="leave" />} onClick={() => void signOut().finally(onSignedOut)}>
          {t("me.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function StatusItems() {
  const { t } = useTranslation();
  const me = useMe();
  const label = useLabel();
  const words = useWords();
  const client = useQueryClient();
  const reasons = useWorkWords()?.presence_reasons.filter((reason) => reason.active) ?? [];
  const choose = (status: PresenceStatus, reason: string | null) => {
    setPresence(client, status, reason).catch((error) =>
      notify({ text: words.problem(asProblem(error)), tone: "bad" }),
    );
  };
  return STATUSES.map((status) => (
    <Fragment key={status}>
      <Menu.Item
        leftSection={<PresenceDot status={status} />}
        rightSection={<Tick shown={me.presence === status && me.reason === null} />}
        aria-current={me.presence === status && me.reason === null}
        onClick={() => choose(status, null)}
      >
        {t(`presence.${status}`)}
        <span className={css.hint}>{t(`presenceHint.${status}`)}</span>
      </Menu.Item>
      {reasons
        .filter((reason) => reason.status === status)
        .map((reason) => (
          <Menu.Item
            key={reason.id}
            leftSection={<span className={css.gap} />}
            rightSection={<Tick shown={me.presence === status && me.reason === reason.id} />}
            aria-current={me.presence === status && me.reason === reason.id}
            onClick={() => choose(status, reason.id)}
          >
            <span className={css.reason}>{label(reason)}</span>
          </Menu.Item>
        ))}
    </Fragment>
  ));
}

function SchemeItems() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return SCHEMES.map((scheme) => (
    <Menu.Item
      key={scheme}
      closeMenuOnClick={false}
      leftSection={scheme === "auto" ? <Icon name="moon" /> : <span className={css.gap} />}
      rightSection={<Tick shown={colorScheme === scheme} />}
      aria-current={colorScheme === scheme}
      onClick={() => setColorScheme(scheme)}
    >
      {t(`scheme.${scheme}`)}
    </Menu.Item>
  ));
}

function LocaleItems() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  return LOCALES.map((locale, place) => (
    <Menu.Item
      key={locale}
      lang={locale}
      leftSection={place === 0 ? <Icon name="globe" /> : <span className={css.gap} />}
      rightSection={<Tick shown={i18n.language === locale} />}
      aria-current={i18n.language === locale}
      onClick={() => void changeLocale(client, locale)}
    >
      {t(`language.${locale}`)}
    </Menu.Item>
  ));
}

function Tick({ shown }: { shown: boolean }) {
  return shown ? <Icon name="check" /> : null;
}
