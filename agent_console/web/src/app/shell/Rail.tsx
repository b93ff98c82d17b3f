/** The rail: pages on top, me at the bottom. On a phone it lies at the bottom of the screen. */
import { Tooltip } from "@mantine/core";
import { Link, useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import css from "@/app/shell/Rail.module.css";
import { useMe } from "@/data/session";
import { PresenceMenu } from "@/features/presence/PresenceMenu";
import { OpenCount } from "@/features/suggestions/OpenCount";
import { DueCount } from "@/features/tasks/DueCount";
import { HOME_VIEW, isWorkspace, paths } from "@/lib/paths";
import { oversees } from "@/lib/permissions";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { Brand } from "@/ui/Brand";
import { IconButton } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

interface Props {
  onSignedOut: () => void;
  onHelp: () => void;
  onPalette: () => void;
}

export function Rail({ onSignedOut, onHelp, onPalette }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const at = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav className={css.rail} aria-label={t("rail.label")}>
      <span className={css.brand}>
        <Brand size={28} />
      </span>
      <Tooltip label={t("rail.conversations")} position="right">
        <Link
          to={paths.list}
          params={{ view: HOME_VIEW }}
          className={css.page}
          aria-label={t("rail.conversations")}
          aria-current={isWorkspace(at) ? "page" : undefined}
        >
          <Icon name="inbox" size={20} />
        </Link>
      </Tooltip>
      <Tooltip label={t("suggestions.title")} position="right">
        <Link to={paths.suggestions} className={css.page} aria-label={t("suggestions.title")}>
          <Icon name="merge" size={20} />
          <OpenCount />
        </Link>
      </Tooltip>
      <Tooltip label={t("task.title")} position="right">
        <Link to={paths.tasks} className={css.page} aria-label={t("task.title")}>
          <Icon name="clock" size={20} />
          <DueCount />
        </Link>
      </Tooltip>
      {oversees(me.agent) && (
        <Tooltip label={t("people.title")} position="right">
          <Link to={paths.team} className={css.page} aria-label={t("people.title")}>
            <Icon name="team" size={20} />
          </Link>
        </Tooltip>
      )}
      {oversees(me.agent) && (
        <Tooltip label={t("customers.title")} position="right">
          <Link to={paths.customers} className={css.page} aria-label={t("customers.title")}>
            <Icon name="person" size={20} />
          </Link>
        </Tooltip>
      )}
      {oversees(me.agent) && (
        <Tooltip label={t("rail.admin")} position="right">
          <Link
            to={paths.admin}
            className={css.page}
            aria-label={t("rail.admin")}
            aria-current={at.startsWith(paths.admin) ? "page" : undefined}
          >
            <Icon name="sliders" size={20} />
          </Link>
        </Tooltip>
      )}
      <span className={css.space} />
      <IconButton
        icon="search"
        label={t("rail.palette")}
        shortcut={KEYMAP.palette.keys}
        tooltipSide="right"
        onClick={onPalette}
      />
      <span className={css.help}>
        <IconButton
          icon="help"
          label={t("rail.help")}
          shortcut={KEYMAP.help.keys}
          tooltipSide="right"
          onClick={onHelp}
        />
      </span>
      <PresenceMenu onSignedOut={onSignedOut} />
    </nav>
  );
}
