/** For the ops person, once a week: channel accounts, agents, and what could not be handled. Loaded when first opened. */
import "@/features/admin/mantine.css";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/data/session";
import css from "@/features/admin/Admin.module.css";
import { paths } from "@/lib/paths";
import { mayAdminister } from "@/lib/permissions";
import { Empty } from "@/ui/Empty";

export default function AdminPage() {
  const { t } = useTranslation();
  const me = useMe();
  const tabs = useRef<HTMLElement>(null);
  const at = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    const chosen = at.startsWith(paths.admin) ? tabs.current?.querySelector("[aria-current]") : null;
    chosen?.scrollIntoView?.({ inline: "center", block: "nearest" }); // on a phone not all of them fit
  }, [at]);
  if (!mayAdminister(me.agent)) return <Empty title={t("admin.notYours.title")} hint={t("admin.notYours.hint")} />;
  return (
    <main className={css.page}>
      <div className={css.column}>
        <h1 className={css.title}>{t("rail.admin")}</h1>
        <nav ref={tabs} className={css.tabs} aria-label={t("rail.admin")}>
          <Link to={paths.adminChannels} className={css.tab}>
            {t("admin.channels")}
          </Link>
          <Link to={paths.adminAgents} className={css.tab}>
            {t("admin.agents")}
          </Link>
          <Link to={paths.adminPolicy} className={css.tab}>
            {t("rules.title")}
          </Link>
          <Link to={paths.adminAttributes} className={css.tab}>
            {t("attributes.title")}
          </Link>
          <Link to={paths.adminImports} className={css.tab}>
            {t("imports.title")}
          </Link>
          <Link to={paths.adminKeys} className={css.tab}>
            {t("keys.title")}
          </Link>
          <Link to={paths.adminDeadLetters} className={css.tab}>
            {t("admin.deadLetters")}
          </Link>
        </nav>
        <Outlet />
      </div>
    </main>
  );
}
