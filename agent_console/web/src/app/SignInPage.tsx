/** The door as a page: where to go on afterwards. Loaded by those who are not signed in. */
import { useRouter, useSearch } from "@tanstack/react-router";
import { SignIn } from "@/features/sign-in/SignIn";
import type { Me } from "@/lib/api/types";
import { paths } from "@/lib/paths";

export default function SignInPage() {
  const router = useRouter();
  const { next, ended } = useSearch({ from: paths.signIn });
  const onSignedIn = (me: Me) => {
    router.options.context.session.signedIn(me);
    router.history.push(next ?? "/");
  };
  return <SignIn onSignedIn={onSignedIn} ended={ended === true} />;
}
