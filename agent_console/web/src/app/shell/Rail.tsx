/** The rail: pages on top, me at the bottom. On a phone it lies at the bottom of the screen. */
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
import { tip } from "@/ui/tip";

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
      <Link
        to={paths.list}
        params={{ view: HOME_VIEW }}
        {...page(t("rail.conversations"))}
        aria-current={isWorkspace(at) ? "page" : undefined}
      >
        <Icon name="inbox" size={20} />
      </Link>
      <Link to={paths.suggestions} {...page(t("suggestions.title"))}>
        <Icon name="merge" size={20} />
        <OpenCount />
      </Link>
      <Link to={paths.tasks} {...page(t("task.title"))}>
        <Icon name="clock" size={20} />
        <DueCount />
      </Link>
      {oversees(me.agent) && (
        <>
          <Link to={paths.team} {...page(t("people.title"))}>
            <Icon name="team" size={20} />
          </Link>
          <Link to={paths.customers} {...page(t("customers.title"))}>
            <Icon name="person" size={20} />
          </Link>
          <Link
            to={paths.admin}
            {...page(t("rail.admin"))}
            aria-current={at.startsWith(paths.admin) ? "page" : undefined}
          >
            <Icon name="sliders" size={20} />
          </Link>
        </>
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

/** A sign that leads to a page. */
function page(name: string) {
  return { className: css.page, "aria-label": name, ...tip(name, "right") };
}
