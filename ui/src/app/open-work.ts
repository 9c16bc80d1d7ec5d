import type { SchemaInfo } from "@plinth/sdk";
import { useMemo } from "react";
import { useStore } from "zustand";
import { changesOf, draftsOf } from "@/features/collections/draft";
import { useCatalog, useSession } from "@/host/session";
import type { Draft, Op } from "@/lib/pending";
import { rowChanges } from "@/lib/record-ops";
import { AREAS, type Area } from "./areas";
import { m } from "./messages";

/** Scopes of the pending engine, by the area that shows them. */
export const SCOPE: Readonly<Record<Area, string>> = {
  data: "records",
  schema: "schema",
  access: "access",
  api: "",
  reports: "",
  queries: "",
  users: "",
  mail: "mail",
  settings: "settings",
};

export type OpenWork = Readonly<Record<Area | "all", number>>;

/** How much open work there is, counted as each area's own bar counts it: rows, changes, rules. */
export function openWork(ops: Iterable<Op>, schemas: readonly SchemaInfo[]): OpenWork {
  const list = [...ops];
  const of = (area: Area) => list.filter((op) => op.target.scope === SCOPE[area]);
  const staged = of("schema");
  const data = rowChanges(of("data")).length;
  const schema = staged.length === 0 ? 0 : changesOf(draftsOf(schemas, staged)).length;
  const access = of("access").length;
  const mail = of("mail").length;
  const settings = of("settings").length;
  return { data, schema, access, api: 0, reports: 0, queries: 0, users: 0, mail, settings, all: data + schema + access + mail + settings };
}

/** Where the changes of a draft belong: `Data: orders, customers · Schema`. */
export function draftPlaces({ ops }: Draft, schemas: readonly SchemaInfo[]): string {
  const known = new Set(schemas.map((schema) => schema.collectionName));
  const places = AREAS.flatMap(({ id, label }) => {
    const own = ops.filter((op) => SCOPE[id] !== "" && op.target.scope === SCOPE[id]);
    if (own.length === 0) return [];
    // A rule is kept as role, collection, action. A collection that is only planned has no name here.
    const names = [...new Set(own.map(({ target }) => target.path[id === "access" ? 1 : 0] ?? ""))].filter((name) => known.has(name));
    return [names.length === 0 ? label() : m("draft.place", { area: label(), names: names.join(", ") })];
  });
  // Settings are no area of the list, and stand last as they do in the sidebar.
  if (ops.some((op) => op.target.scope === SCOPE.settings)) places.push(m("settings"));
  return places.join(" · ");
}

export function useOpenWork(): OpenWork {
  const { pending } = useSession();
  const { schemas } = useCatalog();
  const ops = useStore(pending.store, (state) => state.ops);
  return useMemo(() => openWork(ops.values(), schemas), [ops, schemas]);
}
