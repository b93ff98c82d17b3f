/** Setting up: how the work goes (for supervisors), and what is connected (for administrators). Loaded when first opened. */
import "@/features/admin/mantine.css";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/data/session";
import css from "@/features/admin/Admin.module.css";
import { adminPages, mayOpen } from "@/lib/admin-pages";
import { paths } from "@/lib/paths";
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
  if (!mayOpen(me.agent, at)) return <Empty title={t("admin.notYours.title")} hint={t("admin.notYours.hint")} />;
  const { work, house } = adminPages(me.agent);
  return (
    <main className={css.page}>
      <div className={css.column}>
        <h1 className={css.title}>{t("rail.admin")}</h1>
        <div className={css.split}>
          <nav ref={tabs} className={css.tabs} aria-label={t("rail.admin")}>
            <span className={css.tabGroup}>{t("admin.groupWork")}</span>
            {work.map(([path, name]) => (
              <Link key={path} to={path} className={css.tab}>
                {t(name)}
              </Link>
            ))}
            {house.length > 0 && <span className={css.tabGroup}>{t("admin.groupHouse")}</span>}
            {house.map(([path, name]) => (
              <Link key={path} to={path} className={css.tab}>
                {t(name)}
              </Link>
            ))}
          </nav>
          <div className={css.content}>
            <Outlet />
          </div>
        </div>
      </div>
    </main>
  );
}
