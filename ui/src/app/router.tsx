import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
} from "@tanstack/react-router";
import { isPart } from "@/features/mail/parts";
import { isSection } from "@/features/settings/sections";
import { toldByProvider } from "@/features/sign-in/ProviderPage";
import { leaveBeforeGoing } from "./leave";
import { screen } from "./screen";
import { InviteGate, ProjectGate, ProviderGate, ResetGate, SetUpGate } from "./ProjectGate";
import { Missing, Root, RouteCrash } from "./Root";
import { lastSection, rememberSection } from "./settings";

const root = createRootRoute({ component: Root, notFoundComponent: Missing, errorComponent: RouteCrash });

const start = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/home", replace: true });
  },
});
const home = createRoute({
  getParentRoute: () => root,
  path: "/home",
  component: screen(async () => (await import("./routes/HomeRoute")).HomeRoute),
});
const kit = createRoute({
  getParentRoute: () => root,
  path: "/kit",
  component: screen(async () => (await import("./routes/KitPage")).KitPage),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search: Record<string, unknown>): { token: string } => ({ token: String(search["token"] ?? "") }),
  component: SetUpGate,
});
const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  validateSearch: (search: Record<string, unknown>): { token: string } => ({ token: String(search["token"] ?? "") }),
  component: ResetGate,
});
const provider = createRoute({
  getParentRoute: () => root,
  path: "/provider",
  validateSearch: toldByProvider,
  component: ProviderGate,
});
const invite = createRoute({
  getParentRoute: () => root,
  path: "/invite",
  validateSearch: (search: Record<string, unknown>): { token: string } => ({ token: String(search["token"] ?? "") }),
  component: InviteGate,
});
const project = createRoute({ getParentRoute: () => root, path: "/p/$project", component: ProjectGate });
const projectStart = createRoute({
  getParentRoute: () => project,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/p/$project/data", params, replace: true });
  },
});

/** A screen keeps what it shows in the search of its address; it reads and checks its own keys. */
const ownSearch = (search: Record<string, unknown>): Record<string, unknown> => search;

const dataIndex = createRoute({
  getParentRoute: () => project,
  path: "/data",
  component: screen(async () => (await import("./routes/DataIndex")).DataIndex),
});
const access = createRoute({
  getParentRoute: () => project,
  path: "/access",
  validateSearch: ownSearch,
  component: screen(async () => (await import("./routes/AccessRoute")).AccessRoute),
});
const apiIndex = createRoute({
  getParentRoute: () => project,
  path: "/api",
  component: screen(async () => (await import("./routes/ApiRoute")).ApiRoute),
});
const api = createRoute({
  getParentRoute: () => project,
  path: "/api/$collection",
  validateSearch: ownSearch,
  component: screen(async () => (await import("./routes/ApiRoute")).ApiRoute),
});
const data = createRoute({
  getParentRoute: () => project,
  path: "/data/$collection",
  validateSearch: ownSearch,
  component: screen(async () => (await import("./routes/DataRoute")).DataRoute),
});
const schema = createRoute({
  getParentRoute: () => project,
  path: "/schema",
  validateSearch: ownSearch,
  component: screen(async () => (await import("./routes/SchemaRoute")).SchemaRoute),
});
const queries = createRoute({
  getParentRoute: () => project,
  path: "/queries",
  validateSearch: ownSearch,
  component: screen(async () => (await import("./routes/QueriesRoute")).QueriesRoute),
});

const reports = createRoute({
  getParentRoute: () => project,
  path: "/reports",
  component: screen(async () => (await import("./routes/ReportsRoute")).ReportsRoute),
});

const usersIndex = createRoute({
  getParentRoute: () => project,
  path: "/users",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/p/$project/users/$part", params: { ...params, part: "people" }, replace: true });
  },
});
const users = createRoute({
  getParentRoute: () => project,
  path: "/users/$part",
  validateSearch: ownSearch,
  component: screen(async () => (await import("./routes/UsersRoute")).UsersRoute),
});

const mailIndex = createRoute({
  getParentRoute: () => project,
  path: "/mail",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/p/$project/mail/$part", params: { ...params, part: "log" }, replace: true });
  },
});
const mail = createRoute({
  getParentRoute: () => project,
  path: "/mail/$part",
  validateSearch: ownSearch,
  beforeLoad: ({ params }) => {
    if (!isPart(params.part)) throw redirect({ to: "/p/$project/mail", params, replace: true });
  },
  component: screen(async () => (await import("./routes/MailRoute")).MailRoute),
});

const settingsIndex = createRoute({
  getParentRoute: () => project,
  path: "/settings",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/p/$project/settings/$section", params: { ...params, section: lastSection() }, replace: true });
  },
});
const settings = createRoute({
  getParentRoute: () => project,
  path: "/settings/$section",
  beforeLoad: ({ params }) => {
    if (!isSection(params.section)) throw redirect({ to: "/p/$project/settings", params, replace: true });
    rememberSection(params.section);
  },
  component: screen(async () => (await import("./routes/SettingsRoute")).SettingsRoute),
});

const existing = createRoute({
  getParentRoute: () => project,
  path: "/schema/existing",
  component: screen(async () => (await import("./routes/ExistingRoute")).ExistingRoute),
});

/** Routes live behind the hash: one build then works under /studio/ and inside the desktop window. */
export const router = createRouter({
  routeTree: root.addChildren([
    start,
    home,
    setup,
    reset,
    provider,
    invite,
    kit,
    project.addChildren([projectStart, dataIndex, data, schema, existing, access, apiIndex, api, reports, queries, usersIndex, users, mailIndex, mail, settingsIndex, settings]),
  ]),
  history: createHashHistory(),
  defaultPreload: "intent",
  defaultErrorComponent: RouteCrash,
});

leaveBeforeGoing(router);

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
