/** What stands around every page: the rail, the line's state, keys, notices. */
import { Outlet, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTypedAhead } from "@/app/palette/typed-ahead";
import { Banner } from "@/app/shell/Banner";
import { Elsewhere } from "@/app/shell/Elsewhere";
import { Rail } from "@/app/shell/Rail";
import css from "@/app/shell/Shell.module.css";
import { useActivity } from "@/app/shell/use-activity";
import { useOutbox } from "@/data/outbox";
import { useMe } from "@/data/session";
import { MyCalls } from "@/features/calls/MyCalls";
import { hasDrafts } from "@/features/composer/drafts";
import { PresenceBar } from "@/features/presence/PresenceBar";
import { paths } from "@/lib/paths";
import { oversees } from "@/lib/permissions";
import { listenForShortcuts, pauseShortcuts, useShortcut } from "@/lib/shortcuts/shortcuts";
import { Notices, runNewestAction } from "@/ui/notices";

const loadPalette = () => import("@/app/palette/Palette");
const Palette = lazy(loadPalette);
const Help = lazy(() => import("@/app/shortcuts/Help"));
const PALETTE_AFTER_MS = 3000; // once the first screen is done: Ctrl-K must not wait for the network

export function Shell({ onSignedOut }: { onSignedOut: () => void }) {
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  useEffect(() => listenForShortcuts(document), []);
  useEffect(() => pauseShortcuts(open !== null), [open]);
  useEffect(() => {
    const timer = setTimeout(() => loadPalette().catch(() => undefined), PALETTE_AFTER_MS); // offline: when it is asked for
    return () => clearTimeout(timer);
  }, []);
  const typedAhead = useTypedAhead(open === "palette");
  usePageKeys();
  useActivity();
  useUnsentGuard();
  useShortcut("palette", () => setOpen("palette"));
  useShortcut("help", () => setOpen("help"));
  useShortcut("undo", () => void runNewestAction());
  return (
    <div className={css.shell}>
      <Rail onSignedOut={onSignedOut} onHelp={() => setOpen("help")} onPalette={() => setOpen("palette")} />
      <div className={css.page}>
        <Banner />
        <PresenceBar />
        <MyCalls />
        <Outlet />
      </div>
      <Notices />
      <Elsewhere />
      <Suspense fallback={null}>
        {open === "palette" && (
          <Palette
            typedAhead={typedAhead}
            onClose={() => setOpen(null)}
            onHelp={() => setOpen("help")}
            onSignedOut={onSignedOut}
          />
        )}
        {open === "help" && <Help onClose={() => setOpen(null)} />}
      </Suspense>
    </div>
  );
}

function usePageKeys(): void {
  const navigate = useNavigate();
  const me = useMe();
  useShortcut("goMine", () => void navigate({ to: paths.list, params: { view: "mine" } }));
  useShortcut("goWaiting", () => void navigate({ to: paths.list, params: { view: "waiting" } }));
  useShortcut("goAll", () => void navigate({ to: paths.list, params: { view: "all" } }));
  useShortcut("goClosed", () => void navigate({ to: paths.list, params: { view: "closed" } }));
  useShortcut("goSuggestions", () => void navigate({ to: paths.suggestions }));
  useShortcut("goTasks", () => void navigate({ to: paths.tasks }));
  useShortcut("goTeam", () => void navigate({ to: paths.team }), oversees(me.agent));
  useShortcut("goAdmin", () => void navigate({ to: paths.admin }), oversees(me.agent));
}

/** The browser asks before it throws away what is half written or not sent yet. */
function useUnsentGuard(): void {
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent) => {
      if (hasDrafts() || useOutbox.getState().entries.length > 0) event.preventDefault();
    };
    window.addEventListener("beforeunload", onLeave);
    return () => window.removeEventListener("beforeunload", onLeave);
  }, []);
}
