/** The two pages that know the sign-in. */
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { Shell } from "@/app/shell/Shell";
import { SignIn } from "@/features/sign-in/SignIn";
import type { Me } from "@/lib/api/types";
import { paths } from "@/lib/paths";
import { LiveContext } from "@/live/context";

export function SignInPage() {
  const router = useRouter();
  const { next, ended } = useSearch({ from: paths.signIn });
  const onSignedIn = (me: Me) => {
    router.options.context.session.signedIn(me);
    router.history.push(next ?? "/");
  };
  return <SignIn onSignedIn={onSignedIn} ended={ended === true} />;
}

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
