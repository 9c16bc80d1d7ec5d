import { PlinthError, type Role } from "@plinth/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Eye, GitBranch, Plus } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import { guardHere } from "@/host/asking";
import { connectionName } from "@/host/connection-name";
import { usePersona } from "@/host/persona";
import { forgetCatalog, useCatalog, useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { SearchInput } from "@/kit/Field";
import { formatKeys } from "@/kit/keys";
import { reachWord } from "@/kit/MatrixCell";
import { PendingBar } from "@/kit/PendingBar";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Status } from "@/kit/status";
import { toast } from "@/kit/toast";
import { Toolbar, ToolbarRule } from "@/kit/Toolbar";
import type { CollectionInfo } from "@/lib/fields";
import { keyOf, type Op } from "@/lib/pending";
import { opUnfinished } from "./impact";
import { Legend, Matrix, type CellAddress, type CellKey, type MatrixColumn, type MatrixSection } from "./Matrix";
import { t } from "./messages";
import { NewRole } from "./NewRole";
import { PendingFacts } from "./PendingFacts";
import { accessAdapter, peopleQuery, rulesQuery, type Rules } from "./queries";
import { RuleDrawer } from "./RuleDrawer";
import { ACTIONS, cellKey, cellOf, cellTarget, EVERYTHING, reachOf, SCOPE, type Rule } from "./rule";

/** The role of whoever did not sign in, and the one that every check passes. */
const PUBLIC = "public";
const ADMINISTRATOR = "administrator";

const noNames = (): never[] => [];

/** `find`: what the matrix is narrowed to when it opens. */
export function AccessPage({ find = "" }: { find?: string }) {
  const session = useSession();
  const catalog = useCatalog();
  const rules = useQuery(rulesQuery(session));
  const error = rules.error ?? catalog.error;
  if (error && (!rules.data || catalog.collections.length === 0)) {
    const forbidden = error instanceof PlinthError && error.status === 403;
    return forbidden ? (
      <Empty title={t("forbidden")}>{t("forbidden.body")}</Empty>
    ) : (
      <ErrorBand
        className="m-5"
        title={t("failed")}
        details={error.message}
        action={
          <Button
            size="small"
            onClick={() => {
              void rules.refetch();
              catalog.refetch();
            }}
          >
            {t("retry")}
          </Button>
        }
      >
        {error.message}
      </ErrorBand>
    );
  }
  if (!rules.data || catalog.isLoading) return <Loading what={t("loading")} columns={[140, 320, 80]} rows={8} className="m-5" />;
  return <Access rules={rules.data} collections={catalog.collections} begin={find} />;
}

function columnsOf(roles: readonly Role[], people: ReadonlyMap<string, number> | undefined): MatrixColumn[] {
  const rank = (role: Role): number => (role.name === PUBLIC ? 0 : role.name === ADMINISTRATOR ? 2 : 1);
  return [...roles]
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .map((role) => ({
      role,
      anyone: role.name === PUBLIC,
      fixed: role.name === ADMINISTRATOR,
      note: role.name === PUBLIC ? t("anyone") : people ? t("people", { count: people.get(role.id) ?? 0 }) : (role.description ?? ""),
    }));
}

function Access({ rules, collections, begin }: { rules: Rules; collections: readonly CollectionInfo[]; begin: string }) {
  const session = useSession();
  const { project, pending } = session;
  const queries = useQueryClient();
  const people = useQuery({ ...peopleQuery(session), retry: false });
  const state = useStore(pending.store);
  const [filter, setFilter] = useState(begin);
  const [focus, setFocus] = useState<CellAddress | null>(null);
  const [open, setOpen] = useState<CellAddress | null>(null);
  const [copied, setCopied] = useState<{ rule: Rule | undefined } | null>(null);
  const [width, setWidth] = useState(480);
  const [making, setMaking] = useState(false);
  const [showing, setShowing] = useState(false);
  const [asking, setAsking] = useState(false);
  const search = useRef<HTMLInputElement>(null);

  useEffect(() => {
    pending.register(
      SCOPE,
      accessAdapter(session, async () => {
        await Promise.all([["rules", project.id], ["impact", project.id]].map((queryKey) => queries.invalidateQueries({ queryKey })));
        await forgetCatalog(queries, project.id);
      }),
    );
  }, [pending, session, queries, project.id]);

  const byName = useMemo(() => new Map(collections.map((entry) => [entry.name, entry])), [collections]);
  const find = useCallback((name: string) => byName.get(name), [byName]);
  const ops = useMemo(() => [...state.ops.values()].filter((op) => op.target.scope === SCOPE), [state.ops]);
  const conflicts = [...state.conflicts.values()].filter((conflict) => ops.some((op) => keyOf(op.target) === conflict.key));
  const unfinished = ops.filter((op) => opUnfinished(op, find)).length;
  const saving = state.saving.has(SCOPE);
  const failure = state.failures.get(SCOPE);

  const stored = (address: CellAddress): Rule | undefined => rules.rules.get(cellKey(address.role, address.collection, address.action))?.rule;
  const stagedOp = (address: CellAddress): Op | undefined => state.ops.get(keyOf(cellTarget(address.role, address.collection, address.action)));
  const ruleAt = (address: CellAddress): Rule | undefined => {
    const op = stagedOp(address);
    return op ? (op.after as Rule | undefined) : stored(address);
  };

  const allColumns = columnsOf(rules.roles, people.data);
  const wanted = filter.trim().toLowerCase();
  const roleHits = allColumns.filter((column) => column.role.name.toLowerCase().includes(wanted));
  const nameHits = collections.filter((entry) => entry.name.toLowerCase().includes(wanted));
  // A query narrows whichever of the two it names; when it names both, both.
  const columns = wanted !== "" && roleHits.length > 0 ? roleHits : allColumns;
  const shown = wanted !== "" && nameHits.length > 0 ? nameHits : wanted !== "" && roleHits.length === 0 ? noNames() : collections;
  const sections: MatrixSection[] = [
    { id: "own", title: t("own"), collections: shown.filter((entry) => !entry.system).map((entry) => entry.name) },
    { id: "system", title: t("system"), collections: shown.filter((entry) => entry.system).map((entry) => entry.name) },
  ].filter((section) => section.collections.length > 0);

  const lockOf = (address: CellAddress): string | null => {
    if (allColumns.find((column) => column.role.id === address.role)?.fixed) return t("locked");
    return project.guard === "readonly" ? t("readonly") : null;
  };
  const put = (address: CellAddress, next: Rule | undefined) => {
    if (lockOf(address) !== null || saving) return;
    pending.stage({ target: cellTarget(address.role, address.collection, address.action), before: stored(address), after: next });
  };
  const roleName = (id: string): string => rules.roles.find((role) => role.id === id)?.name ?? id;

  const onKey = (key: CellKey, address: CellAddress) => {
    const at = sections.flatMap((section) => section.collections).indexOf(address.collection);
    switch (key) {
      case "open":
        setFocus(address);
        setOpen(address);
        break;
      case "cycle":
        put(address, reachOf(ruleAt(address), address.action) === "none" ? EVERYTHING : undefined);
        break;
      case "copy":
        setCopied({ rule: ruleAt(address) });
        toast({ kind: "done", text: t("copied", { role: roleName(address.role), action: t(address.action), collection: address.collection }) });
        break;
      case "paste":
        if (copied) put(address, copied.rule);
        break;
      case "down": {
        const above = sections.flatMap((section) => section.collections)[at - 1];
        if (above !== undefined) put(address, ruleAt({ ...address, collection: above }));
        break;
      }
    }
  };

  const connection = connectionName(project);
  const commit = useMutation({
    mutationFn: async () => {
      const { length } = pending.opsOf(SCOPE);
      const answer = await pending.commit(SCOPE);
      if (answer.ok) toast({ kind: "done", text: t("committed", { count: length, name: connection }) });
    },
  });
  const askCommit = () => {
    if (ops.length === 0 || saving || conflicts.length > 0 || unfinished > 0) return;
    if (guardHere(project) === "confirm") setAsking(true);
    else commit.mutate();
  };

  const group = t("cmd");
  useCommands([
    { id: "access.find", label: t("find"), keys: "/", group, sheetOnly: true, run: () => search.current?.focus() },
    { id: "access.move", label: t("cmd.move"), keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], group, sheetOnly: true },
    { id: "access.cycle", label: t("cmd.cycle"), keys: "Space", group, sheetOnly: true },
    { id: "access.open", label: t("cmd.open"), keys: "Enter", group, sheetOnly: true },
    { id: "access.copy", label: t("cmd.copy"), keys: "Mod+C", group, sheetOnly: true },
    { id: "access.paste", label: t("cmd.paste"), keys: "Mod+V", group, sheetOnly: true },
    { id: "access.down", label: t("cmd.down"), keys: "Mod+D", group, sheetOnly: true },
    { id: "access.role", label: t("role.new.title"), group, icon: Plus, paletteOnly: true, run: () => setMaking(true) },
    ...(ops.length > 0
      ? [
          { id: "access.commit", label: t("commit", { count: ops.length, name: connection }), keys: "Mod+S", group, inText: true, run: askCommit },
          { id: "access.preview", label: t("cmd.preview"), keys: "Mod+Shift+P", group, inText: true, run: () => setShowing(true) },
          { id: "access.discard", label: t("cmd.discard"), keys: "Mod+Shift+Backspace", group, inText: true, run: () => pending.discard(SCOPE) },
        ]
      : []),
    ...(open ? [{ id: "access.close", label: t("close"), keys: "Escape", group, inText: true, sheetOnly: true, run: () => setOpen(null) }] : []),
  ]);

  const publicRole = allColumns.find((column) => column.anyone)?.role.id;
  const opened = ops.filter((op) => cellOf(op).role === publicRole && op.before === undefined && op.after !== undefined).length;
  const openCollections = new Set(
    collections.flatMap(({ name }) =>
      publicRole !== undefined && ACTIONS.some((action) => reachOf(ruleAt({ role: publicRole, collection: name, action }), action) !== "none") ? [name] : [],
    ),
  );
  const openColumn = open ? allColumns.find((column) => column.role.id === open.role) : undefined;
  const openCollection = open ? byName.get(open.collection) : undefined;

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar
        title={t("title")}
        right={
          <>
            <span className="text-second whitespace-pre text-ink-3 max-[1300px]:hidden">{t("hints", { copy: formatKeys("Mod+C"), paste: formatKeys("Mod+V") })}</span>
            <ToolbarRule className="max-[1300px]:hidden" />
            <Button icon={Eye} command="viewAs.open" onClick={() => usePersona.setState({ asking: true })}>
              {t("viewAs")}
            </Button>
            <Button icon={Plus} onClick={() => setMaking(true)}>
              {t("role.new")}
            </Button>
          </>
        }
      >
        <SearchInput inputRef={search} className="w-50" placeholder={t("find")} keys="/" value={filter} onChange={(event) => setFilter(event.target.value)} />
      </Toolbar>
      <div className="relative flex min-h-0 flex-1">
        <div data-region="" className="min-w-0 flex-1 overflow-auto">
          {sections.length === 0 ? (
            <Empty title={t("nomatch", { text: filter })} actions={<Button onClick={() => setFilter("")}>{t("nomatch.clear")}</Button>}>
              {t("nomatch.body")}
            </Empty>
          ) : (
            <>
              <Matrix
                columns={columns}
                sections={sections}
                focus={focus}
                open={open}
                onFocus={setFocus}
                onKey={onKey}
                cell={(address) => {
                  const op = stagedOp(address);
                  return {
                    reach: reachOf(ruleAt(address), address.action),
                    staged: op !== undefined,
                    conflict: op !== undefined && state.conflicts.has(keyOf(op.target)),
                  };
                }}
              />
              <Legend />
            </>
          )}
        </div>
        {open && openColumn && openCollection ? (
          <RuleDrawer
            key={`${open.role} ${open.collection}`}
            role={openColumn.role}
            people={people.data ? (people.data.get(open.role) ?? 0) : undefined}
            anyone={openColumn.anyone}
            collection={openCollection}
            find={find}
            action={open.action}
            onAction={(action) => {
              setOpen({ ...open, action });
              setFocus({ ...open, action });
            }}
            before={openColumn.fixed ? EVERYTHING : stored(open)}
            rule={openColumn.fixed ? EVERYTHING : ruleAt(open)}
            staged={ops}
            fixed={openColumn.fixed}
            locked={lockOf(open)}
            onChange={(next) => put(open, next)}
            onClose={() => setOpen(null)}
            width={width}
            onWidth={setWidth}
          />
        ) : null}
      </div>
      {failure !== undefined && ops.length > 0 ? (
        <ErrorBand title={t("notCommitted")} details={String(failure)}>
          {t("notCommitted.body", { why: failure instanceof Error ? failure.message : String(failure) })}
        </ErrorBand>
      ) : null}
      {ops.length > 0 ? (
        <PendingBar
          title={t("pending", { count: ops.length })}
          facts={<PendingFacts ops={ops} find={find} unfinished={unfinished} opened={opened} />}
          aside={
            conflicts.length > 0 ? (
              <>
                <GitBranch aria-hidden size={13} className="text-warn" />
                <span className="font-medium text-warn">{t("conflict", { count: conflicts.length })}</span>
                <Button size="small" onClick={() => conflicts.forEach((conflict) => pending.resolve(conflict.key, "mine"))}>
                  {t("conflict.mine")}
                </Button>
                <Button size="small" onClick={() => conflicts.forEach((conflict) => pending.resolve(conflict.key, "theirs"))}>
                  {t("conflict.theirs")}
                </Button>
              </>
            ) : null
          }
        >
          <Button kind="ghost" disabled={saving} onClick={() => pending.discard(SCOPE)}>
            {t("discard")}
          </Button>
          <Button command="access.preview" onClick={() => setShowing(true)}>
            {t("preview")}
          </Button>
          <Button kind="filled" command="access.commit" busy={saving} disabled={conflicts.length > 0 || unfinished > 0} onClick={askCommit}>
            {saving ? t("committing") : t("commit", { count: ops.length, name: connection })}
          </Button>
        </PendingBar>
      ) : null}
      <Status>{t("status.roles", { count: rules.roles.length })}</Status>
      <Status>{openCollections.size === 0 ? t("status.closed") : t("status.open", { count: openCollections.size })}</Status>
      {making ? <NewRole roles={rules.roles} onClose={() => setMaking(false)} /> : null}
      <Dialog
        open={showing && ops.length > 0}
        onClose={() => setShowing(false)}
        width={560}
        title={t("preview.title", { count: ops.length })}
        actions={<Button onClick={() => setShowing(false)}>{t("preview.close")}</Button>}
      >
        <ul>
          {ops.map((op) => {
            const { role, collection, action } = cellOf(op);
            const before = reachWord(reachOf(op.before as Rule | undefined, action));
            const after = reachWord(reachOf(op.after as Rule | undefined, action));
            return (
              <li key={keyOf(op.target)} className="border-t border-line py-2 first:border-t-0">
                <div className="font-medium">{t("change", { role: roleName(role), action: t(action), collection })}</div>
                <div className="text-ink-2">{t("reach.from", { before, after })}</div>
                {(op.after as Rule | undefined)?.conditions ? (
                  <code className="text-ink-2">{JSON.stringify((op.after as Rule).conditions)}</code>
                ) : null}
              </li>
            );
          })}
        </ul>
      </Dialog>
      <ConfirmLoss
        open={asking}
        title={t("confirm.title", { count: ops.length, name: connection })}
        body={t("confirm.body")}
        keepLabel={t("confirm.keep")}
        loseLabel={t("commit", { count: ops.length, name: connection })}
        onKeep={() => setAsking(false)}
        onLose={() => {
          setAsking(false);
          commit.mutate();
        }}
      />
    </div>
  );
}
