import { useQueryClient } from "@tanstack/react-query";
import { Check, ChevronDown, Link2, Pencil, Save, Trash2, Users, UserRound, UsersRound } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { Menu, type MenuEntries } from "@/kit/Menu";
import { toast } from "@/kit/toast";
import { faultOf, type Capability, type Connection } from "@/lib/client";
import { PLAIN_VIEW, writeView, type View } from "@/lib/filters";
import { anchorOf, Floating, type Anchor } from "./Floating";
import type { Layout } from "./layout";
import { m } from "./messages";
import { firstScope } from "./ScopeChoice";
import { v } from "./view-messages";
import { docOf, dropView, saveView, scoped, updateView, useRoles, VIEWS, viewsQuery, type SavedView } from "./views";

const ViewForm = lazy(() => import("./ViewForm").then((module) => ({ default: module.ViewForm })));

export interface ViewMenuProps {
  readonly connection: Connection;
  readonly capability: Capability | null;
  readonly collection: string;
  readonly views: readonly SavedView[];
  /** The saved view that is open. */
  readonly saved: SavedView | null;
  /** The address names a view that nobody has. */
  readonly gone: boolean;
  /** What is on screen now, with the columns as they are arranged. */
  readonly view: View;
  readonly layout: Layout;
  readonly onOpen: (saved: SavedView | null) => void;
  readonly onSaved: (id: string) => void;
}

/** The saved views of a collection: open one, save what is shown, share it. */
export function ViewMenu({ connection, capability, collection, views, saved, gone, view, layout, onOpen, onSaved }: ViewMenuProps) {
  const session = useSession();
  const queries = useQueryClient();
  const holder = useRef<HTMLSpanElement>(null);
  const [form, setForm] = useState<{ kind: "new" | "rename"; anchor: Anchor } | null>(null);
  const doc = docOf(view, layout);
  const changed = saved !== null && JSON.stringify(sorted(doc)) !== JSON.stringify(sorted({ ...saved.params, ...widthsOf(saved.layout) }));
  const readOnly = connection.info.guard === "readonly";
  const refusal = (action: "create" | "update" | "delete"): string | undefined =>
    readOnly ? m("view.readOnly") : capability?.may(VIEWS, action) === true ? undefined : m("view.denied");
  const open = (kind: "new" | "rename"): void => {
    if (holder.current) setForm({ kind, anchor: anchorOf(holder.current) });
  };
  const settle = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      toast({ kind: "failed", text: m("view.failed", { reason: faultOf(error).message }) });
    }
    await queries.invalidateQueries({ queryKey: viewsQuery(connection, collection, true).queryKey });
  };
  const copyLink = async (): Promise<void> => {
    const search = new URLSearchParams({ view: saved?.id ?? "" });
    await navigator.clipboard.writeText(`${session.url.replace(/\/$/, "")}/studio/#/p/here/data/${encodeURIComponent(collection)}?${search.toString()}`);
    toast({ kind: "done", text: m("view.link.done") });
  };
  const roles = useRoles(connection, capability);
  const nameOfRole = (id: string): string => roles.find((role) => role.id === id)?.name ?? v("role.gone");
  const seenBy = ({ scope }: SavedView): string =>
    scope.who === "role" ? v("role", { role: nameOfRole(scope.role) }) : scope.who === "me" ? v("me") : v("all");
  const named = (entry: SavedView) => ({
    label: entry.name,
    icon: entry.scope.who === "me" ? UserRound : entry.scope.who === "role" ? UsersRound : Users,
    detail: entry.id === saved?.id ? <Check role="img" aria-label={m("view.current")} size={13} className="stroke-meaning" /> : seenBy(entry),
    onSelect: () => onOpen(entry),
  });
  const entries: MenuEntries = [
    { label: m("view.plain"), detail: saved === null ? <Check role="img" aria-label={m("view.current")} size={13} className="stroke-meaning" /> : undefined, onSelect: () => onOpen(null) },
    ...(views.length > 0 ? [null, ...views.map(named)] : []),
    null,
    ...(saved && changed
      ? [
          {
            label: m("view.update", { name: saved.name }),
            icon: Save,
            disabled: refusal("update"),
            onSelect: () =>
              void settle(async () => {
                await updateView(connection, saved.id, { preferenceData: scoped(saved.scope, null, doc)["preferenceData"] });
                toast({ kind: "done", text: m("view.updated", { name: saved.name }) });
              }),
          },
        ]
      : []),
    { label: m("view.save"), icon: Save, disabled: refusal("create"), onSelect: () => open("new") },
    ...(saved
      ? [
          { label: m("view.link"), icon: Link2, onSelect: () => void copyLink() },
          { label: m("view.rename"), icon: Pencil, disabled: refusal("update"), onSelect: () => open("rename") },
          null,
          {
            label: m("view.drop", { name: saved.name }),
            icon: Trash2,
            destructive: true,
            disabled: refusal("delete"),
            onSelect: () =>
              void settle(async () => {
                const kept = { ...saved.params, ...widthsOf(saved.layout) };
                await dropView(connection, saved.id);
                onOpen(null);
                toast({
                  kind: "done",
                  text: m("view.dropped", { name: saved.name }),
                  action: {
                    label: m("cmd.takeBack"),
                    run: () =>
                      void settle(async () => {
                        await saveView(connection, collection, saved.name, saved.scope, session.user?.id ?? null, kept);
                      }),
                  },
                });
              }),
          },
        ]
      : []),
  ];
  return (
    <span ref={holder} className="inline-flex">
      <Menu
        trigger={
          <Button kind="ghost" aria-label={m("view.label", { name: gone ? m("view.gone") : (saved?.name ?? m("view.plain")) })}>
            {gone ? <span className="text-warn">{m("view.gone")}</span> : <span className="max-w-48 truncate">{saved?.name ?? m("view.plain")}</span>}
            {changed ? <span role="img" aria-label={m("view.changed")} title={m("view.changed")} className="size-[7px] rounded-full bg-draft" /> : null}
            <ChevronDown aria-hidden size={13} />
          </Button>
        }
        entries={entries}
      />
      {form ? (
        <Floating anchor={form.anchor} label={form.kind === "new" ? m("view.save") : m("view.rename")} onClose={() => setForm(null)}>
          <Suspense>
            <ViewForm
              kind={form.kind}
              name={form.kind === "new" ? "" : (saved?.name ?? "")}
              scope={form.kind === "rename" && saved ? saved.scope : firstScope(session.user !== null)}
              roles={roles}
              taken={views.filter((entry) => form.kind === "new" || entry.id !== saved?.id).map((entry) => entry.name)}
              mayBeOwn={session.user !== null}
              onSave={async (name, scope) => {
                setForm(null);
                const user = session.user?.id ?? null;
                await settle(async () => {
                  if (form.kind === "rename") {
                    if (saved) await updateView(connection, saved.id, { name, ...scoped(scope, user, { ...saved.params, ...widthsOf(saved.layout) }) });
                    return;
                  }
                  const id = await saveView(connection, collection, name, scope, user, doc);
                  await queries.invalidateQueries({ queryKey: viewsQuery(connection, collection, true).queryKey });
                  onSaved(id);
                  toast({ kind: "done", text: scope.who === "all" ? m("view.saved.shared", { name }) : m("view.saved", { name }) });
                });
              }}
            />
          </Suspense>
        </Floating>
      ) : null}
    </span>
  );
}

function widthsOf(layout: Layout): Readonly<Record<string, unknown>> {
  return Object.keys(layout.widths).length === 0 ? {} : { widths: layout.widths };
}

/** The same view whatever order its parts were written in. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)).map(([key, part]) => [key, sorted(part)]));
}

/** The address a saved view stands for; its own id with it. */
export function searchOf(saved: SavedView | null): Record<string, unknown> {
  return saved ? { ...writeView({ ...PLAIN_VIEW, saved: saved.id }), ...saved.params } : {};
}
