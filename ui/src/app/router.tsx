import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { Root } from "./Root";

const root = createRootRoute({ component: Root });

const kit = createRoute({
  getParentRoute: () => root,
  path: "/kit",
  component: lazyRouteComponent(() => import("./routes/KitPage"), "KitPage"),
});

/** Routes live behind the hash: one build then works under /studio/ and inside the desktop window. */
export const router = createRouter({
  routeTree: root.addChildren([kit]),
  history: createHashHistory(),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
