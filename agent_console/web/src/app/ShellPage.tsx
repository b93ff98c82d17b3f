/** What is there for those who are signed in, and where they go when that ends. */
import { useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { Shell } from "@/app/shell/Shell";
import { paths } from "@/lib/paths";
import { LiveContext } from "@/live/context";

export function ShellPage() {
  const router = useRouter();
  const { session } = router.options.context;
  const navigate = useNavigate();
  useEffect(() => {
    session.onLeave((ended) => {
      const next = router.state.location.href;
      return navigate({ to: paths.signIn, search: ended ? { next, ended } : {} });
    });
  }, [router, session, navigate]);
  return (
    <LiveContext value={session.live}>
      <Shell onSignedOut={() => session.end(false)} />
    </LiveContext>
  );
}
