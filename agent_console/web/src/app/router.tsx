/** The pages. What stands below the shell is only there once the snapshot is in. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { Crash } from "@/app/Crash";
import { NotFoundPage } from "@/app/NotFoundPage";
import { ShellPage } from "@/app/ShellPage";
import type { SignInControl } from "@/app/session";
import { Workspace } from "@/app/workspace/Workspace";
import { VIEWS } from "@/data/keys";
import { NARROWS, readNarrowing } from "@/features/conversations/narrowing";
import { loadWords } from "@/lib/i18n/i18n";
import { HOME_VIEW, paths } from "@/lib/paths";

export interface RouterContext {
  readonly client: QueryClient;
  readonly session: SignInControl;
}

interface SignInSearch {
  readonly next?: string;
  readonly ended?: boolean;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: Crash,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: paths.signIn,
  validateSearch: (search: Record<string, unknown>): SignInSearch => ({
    // only an address of our own: "//elsewhere" would lead out
    ...(typeof search.next === "string" && /^\/(?!\/)/.test(search.next) && { next: search.next }),
    ...(search.ended === true && { ended: true }),
  }),
  component: lazyRouteComponent(() => import("@/app/SignInPage")),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    if (await context.session.ensure()) return;
    throw redirect({ to: paths.signIn, search: { next: location.href } });
  },
  component: ShellPage,
  errorComponent: Crash,
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: paths.list, params: { view: HOME_VIEW } });
  },
});

const list = createRoute({
  getParentRoute: () => shell,
  path: paths.list,
  beforeLoad: ({ params }) => {
    if (!VIEWS.some((view) => view === params.view)) throw redirect({ to: paths.list, params: { view: HOME_VIEW } });
  },
  validateSearch: readNarrowing,
  search: { middlewares: [retainSearchParams([...NARROWS])] }, // from list to list, and in and out of conversations
  component: Workspace,
});

const conversation = createRoute({ getParentRoute: () => list, path: "/$conversationId" });

const suggestions = createRoute({
  getParentRoute: () => shell,
  path: paths.suggestions,
  component: lazyRouteComponent(() => import("@/features/suggestions/SuggestionsPage")),
});

const admin = createRoute({
  getParentRoute: () => shell,
  path: paths.admin,
  // its pages are drawn inside it, so none is drawn before its words are there
  component: lazyRouteComponent(async () => {
    const [page] = await Promise.all([import("@/features/admin/AdminPage"), loadWords("admin")]);
    return page;
  }),
});
const adminHome = createRoute({
  getParentRoute: () => admin,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: paths.adminQueues });
  },
});
/** A page of administration that is loaded when first opened. */
function adminPage<P extends string>(path: P, load: Parameters<typeof lazyRouteComponent>[0]) {
  return createRoute({ getParentRoute: () => admin, path, component: lazyRouteComponent(load) });
}
const adminPages = [
  adminPage("/queues", () => import("@/features/admin/plans/queues/QueuesPage")),
  adminPage("/team", () => import("@/features/admin/plans/queues/TeamPage")),
  adminPage("/routing", () => import("@/features/admin/plans/rules/RulesPage")),
  adminPage("/hours", () => import("@/features/admin/plans/hours/HoursPage")),
  adminPage("/sla", () => import("@/features/admin/plans/sla/SlaPage")),
  adminPage("/automation", () => import("@/features/admin/plans/automation/AutomationPage")),
  adminPage("/words", () => import("@/features/admin/plans/words/WordsPage")),
  adminPage("/channels", () => import("@/features/admin/Channels")),
  adminPage("/agents", () => import("@/features/admin/Agents")),
  adminPage("/policy", () => import("@/features/admin/policy/PolicyPage")),
  adminPage("/attributes", () => import("@/features/admin/Attributes")),
  adminPage("/imports", () => import("@/features/admin/imports/ImportsPage")),
  adminPage("/keys", () => import("@/features/admin/ApiKeys")),
  adminPage("/dead-letters", () => import("@/features/admin/DeadLetters")),
] as const;
const customers = createRoute({
  getParentRoute: () => shell,
  path: paths.customers,
  validateSearch: (search: Record<string, unknown>): { readonly id?: string } =>
    typeof search.id === "string" ? { id: search.id } : {},
  component: lazyRouteComponent(() => import("@/features/customer/CustomersPage")),
});
const tasks = createRoute({
  getParentRoute: () => shell,
  path: paths.tasks,
  component: lazyRouteComponent(() => import("@/features/tasks/TasksPage")),
});
const team = createRoute({
  getParentRoute: () => shell,
  path: paths.team,
  component: lazyRouteComponent(() => import("@/features/team/TeamPage")),
});

const tree = root.addChildren([
  signIn,
  shell.addChildren([
    home,
    list.addChildren([conversation]),
    suggestions,
    customers,
    tasks,
    team,
    admin.addChildren([adminHome, ...adminPages]),
  ]),
]);

/** `history`: where addresses live; the browser's unless told. */
export function makeRouter(context: RouterContext, history?: RouterHistory) {
  return createRouter({
    routeTree: tree,
    context,
    ...(history && { history }),
    defaultPreload: false,
    defaultPendingMs: 150,
    defaultErrorComponent: Crash,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
