import type { ProposedIndex } from "@plinth/sdk";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useStore } from "zustand";
import { desired, draftsOf, opsOf, SCOPE, type Entry } from "@/features/collections/draft";
import { addIndex, toggleIndex } from "@/features/collections/edits";
import { schemaAdapter } from "@/features/collections/queries";
import { QueriesPage, type IndexState } from "@/features/queries/QueriesPage";
import { useCatalog, useSession } from "@/host/session";
import { useGo } from "../navigate";

const same = (index: ProposedIndex, fields: readonly string[]): boolean => fields.join() === index.fields.join();

/** The index over these fields that a collection has or shall have. */
const held = (entry: Entry | undefined, index: ProposedIndex) => entry?.draft.indexes.find((known) => !known.dropped && same(index, known.fields));

/** Slow queries, whose indexes are staged among the changes of the schema. */
export function QueriesRoute() {
  const session = useSession();
  const { pending, project } = session;
  const { project: id = project.id } = useParams({ strict: false });
  const search: Record<string, unknown> = useSearch({ strict: false });
  const navigate = useNavigate();
  const go = useGo(id);
  const { schemas } = useCatalog();
  const ops = useStore(pending.store, (state) => state.ops);
  const drafts = useMemo(() => draftsOf(schemas, [...ops.values()].filter((op) => op.target.scope === SCOPE)), [schemas, ops]);
  const collections = useMemo(() => schemas.map((info) => info.collectionName).sort((a, b) => a.localeCompare(b)), [schemas]);
  const collection = typeof search["collection"] === "string" && search["collection"] !== "" ? search["collection"] : undefined;

  const stateOf = (index: ProposedIndex): IndexState => {
    const entry = drafts.get(index.collection);
    const known = held(entry, index);
    if (!known) return null;
    return entry?.base?.indexes.some((stored) => stored.name === known.name) ? "standing" : "staged";
  };
  /** The schema's own adapter, with the plan asked for when it is needed: its screen may not have been open yet. */
  const register = () =>
    pending.register(SCOPE, schemaAdapter(session, () => ({ change: desired(draftsOf(schemas, pending.opsOf(SCOPE))), token: undefined, updates: false })));
  const stage = (index: ProposedIndex) => {
    const entry = drafts.get(index.collection);
    if (!entry || entry.draft.dropped) return;
    register();
    pending.stage(opsOf(drafts, addIndex(entry, index.fields, "values")));
  };
  const unstage = (index: ProposedIndex) => {
    const entry = drafts.get(index.collection);
    const known = held(entry, index);
    if (!entry || !known) return;
    register();
    pending.stage(opsOf(drafts, toggleIndex(entry, known.name)));
  };
  return (
    <QueriesPage
      collection={collection}
      onCollection={(next) => void navigate({ to: "/p/$project/queries", params: { project: id }, search: next === undefined ? {} : { collection: next }, replace: true })}
      collections={collections}
      stateOf={stateOf}
      onStage={stage}
      onUnstage={unstage}
      onPlan={(index) => go({ kind: "schema", collection: index.collection })}
    />
  );
}
