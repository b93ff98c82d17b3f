/** Ctrl-K: any command, page, conversation or setting, found by any part of its name with or without diacritics. */
import { useMantineColorScheme } from "@mantine/core";
import {
  createSpotlight,
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import "@mantine/spotlight/styles.layer.css";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { filterCommands } from "@/app/palette/filter";
import css from "@/app/palette/Palette.module.css";
import { useRows } from "@/data/rows";
import { setPresence, useMe } from "@/data/session";
import { searchCustomers } from "@/features/customer/search";
import { changeLocale, signOut } from "@/features/presence/me";
import { adminPages } from "@/lib/admin-pages";
import { asProblem } from "@/lib/api/problems";
import type { ConversationState, PresenceStatus } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { useWords } from "@/lib/i18n/words";
import { useNaming } from "@/lib/naming";
import { paths } from "@/lib/paths";
import { type Action, KEYMAP } from "@/lib/shortcuts/keymap";
import { runAction } from "@/lib/shortcuts/shortcuts";
import { ChannelMark } from "@/ui/ChannelMark";
import { Icon, type IconName } from "@/ui/Icon";
import { Key } from "@/ui/Key";
import { notify } from "@/ui/notices";

const [store, spotlight] = createSpotlight();
const SEARCH_AFTER_MS = 200;
const SHOWN_MAX = 40;
const STATUSES: readonly PresenceStatus[] = ["available", "busy", "away", "offline"];

interface Props {
  typedAhead: string;
  onClose: () => void;
  onHelp: () => void;
  onSignedOut: () => void;
}

export default function Palette({ typedAhead, onClose, onHelp, onSignedOut }: Props) {
  const { t } = useTranslation();
  const [q, setQ] = useState("");
  useEffect(() => spotlight.open(), []);
  useEffect(() => setQ(typedAhead), [typedAhead]);
  const conversations = useConversations(q);
  const commands = useCommands(onHelp, onSignedOut);
  return (
    <Spotlight
      store={store}
      actions={[
        { group: t("palette.commands"), actions: commands },
        { group: t("palette.conversations"), actions: conversations },
      ]}
      filter={(query, groups) => filterCommands(query, groups as SpotlightActionGroupData[])}
      query={q}
      onQueryChange={setQ}
      onSpotlightClose={onClose}
      clearQueryOnClose={false}
      shortcut={null}
      limit={SHOWN_MAX}
      nothingFound={t("palette.nothing")}
      lockScroll={false}
      overlayProps={{ backgroundOpacity: 0.32, blur: 0 }}
      scrollable
      maxHeight={420}
      classNames={{
        action: css.action,
        search: css.search,
        content: css.content,
        actionsGroup: css.group,
        actionSection: css.section,
      }}
      searchProps={{
        placeholder: t("palette.search"),
        "aria-label": t("palette.search"),
        leftSection: <Icon name="search" />,
      }}
      transitionProps={{ duration: 120 }}
    />
  );
}

function command(id: string, label: string, icon: IconName, onClick: () => void, key?: string): SpotlightActionData {
  return {
    id,
    label,
    onClick,
    leftSection: <Icon name={icon} />,
    ...(key && { rightSection: <Key name={key} /> }),
  };
}

/** What the keys do, plus what has none. A key whose action is not possible now is left out. */
function useCommands(onHelp: () => void, onSignedOut: () => void): SpotlightActionData[] {
  const { t } = useTranslation();
  const words = useWords();
  const client = useQueryClient();
  const me = useMe();
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const go = (action: Action, icon: IconName) =>
    command(action, t(`key.${action}`), icon, () => void runAction(action), KEYMAP[action].keys);
  const pages: Action[] = ["goMine", "goWaiting", "goAll", "goClosed"];
  const presence = (status: PresenceStatus) =>
    command(`presence-${status}`, t("palette.presence", { status: t(`presence.${status}`) }), "person", () => {
      setPresence(client, status).catch((error) => notify({ text: words.problem(asProblem(error)), tone: "bad" }));
    });
  const { work, house } = adminPages(me.agent);
  const administration = [...work, ...house].map(([path, name]) =>
    command(path, t(name), "sliders", () => void navigate({ to: path })),
  );
  return [
    ...pages.map((action) => go(action, "inbox")),
    go("goSuggestions", "merge"),
    go("resolve", "check"),
    go("release", "release"),
    ...STATUSES.map(presence),
    ...administration,
    command("light", t("palette.scheme", { scheme: t("scheme.light") }), "moon", () => setColorScheme("light")),
    command("dark", t("palette.scheme", { scheme: t("scheme.dark") }), "moon", () => setColorScheme("dark")),
    command("vi", t("language.vi"), "globe", () => void changeLocale(client, "vi")),
    command("en", t("language.en"), "globe", () => void changeLocale(client, "en")),
    command("help", t("help.title"), "help", () => setTimeout(onHelp), KEYMAP.help.keys),
    command("sign-out", t("me.signOut"), "leave", () => void signOut().finally(onSignedOut)),
  ];
}

/** Those this console knows at once; those only the hub knows a moment later. */
function useConversations(q: string): SpotlightActionData[] {
  const client = useQueryClient();
  const navigate = useNavigate();
  const nameOf = useNaming();
  const rows = useRows();
  const wanted = q.trim();
  useEffect(() => {
    if (wanted.length < 2) return undefined;
    const timer = setTimeout(() => {
      searchCustomers(client, wanted).catch(() => console.warn("palette: the hub did not answer the search"));
    }, SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [client, wanted]);
  if (wanted === "") return [];
  const open = (row: ConversationState) => {
    const view = row.status === "closed" ? "closed" : "all";
    void navigate({ to: paths.conversation, params: { view, conversationId: row.id } });
  };
  return [...rows.values()].map((row) => ({
    id: row.id,
    label: nameOf(row),
    description: [row.customer_phone && phone(row.customer_phone), row.preview?.text].filter(Boolean).join(" · "),
    keywords: [row.customer_phone ?? "", row.customer_phone ? phone(row.customer_phone).replaceAll(" ", "") : ""],
    leftSection: row.channels[0] ? <ChannelMark channel={row.channels[0]} size={18} titled={false} /> : null,
    onClick: () => open(row),
  }));
}
