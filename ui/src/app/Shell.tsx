import { Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useStore } from "zustand";
import { SessionsDialog } from "@/features/account/SessionsDialog";
import { useViewAsCommands, ViewAsBanner } from "@/features/view-as/ViewAsBanner";
import { ViewAsDialog } from "@/features/view-as/ViewAsDialog";
import { SecondFactorDialog } from "@/features/sign-in/SecondFactorDialog";
import { connectionName } from "@/host/connection-name";
import { useCatalog, useSchemaStop, useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { useCommands, useKeysOf } from "@/kit/commands";
import { Dot } from "@/kit/Dot";
import { Keys } from "@/kit/keys";
import { PendingBar } from "@/kit/PendingBar";
import { StatusBar } from "@/kit/status";
import { moment } from "@/lib/moments";
import { t } from "@/messages/en";
import { AREAS } from "./areas";
import { m } from "./messages";
import { useGo, useWhere } from "./navigate";
import { draftPlaces, openWork, useOpenWork } from "./open-work";
import { Palette } from "./Palette";
import { Sidebar } from "./Sidebar";
import { useProjectSettings } from "./settings";
import { TabStrip } from "./TabStrip";
import { useUi } from "./ui-state";
import { guardWord, ProjectHeading, storeName, WindowBar } from "./WindowBar";
import { useProjectCommands } from "./window-commands";

/** The frame around an open project. */
export function Shell({ onSignOut }: { onSignOut: (() => void) | null }) {
  const session = useSession();
  const { project, pending } = session;
  const navigate = useNavigate();
  const go = useGo(project.id);
  const where = useWhere();
  const sidebar = useUi((state) => state.sidebar);
  const sessions = useUi((state) => state.sessions);
  const factor = useUi((state) => state.factor);
  const { collections } = useCatalog();
  const stop = useSchemaStop();
  const { ops, canUndo, canRedo } = useStore(pending.store);
  const { all: open } = useOpenWork();

  useProjectCommands(project);
  useProjectSettings(project.id);
  useViewAsCommands();
  useCommands([
    ...AREAS.map((area) => ({
      id: `area.${area.id}`,
      label: area.label(),
      icon: area.icon,
      keys: area.keys,
      group: m("group.areas"),
      inText: true,
      run: () => go({ kind: area.id, collection: area.id === "access" || area.id === "reports" || area.id === "queries" || area.id === "users" || area.id === "mail" ? undefined : where.collection }),
    })),
    { id: "shell.collection", label: m("collections.find"), keys: "Mod+P", group: m("group.everywhere"), inText: true, sheetOnly: true, run: () => useUi.setState({ palette: true }) },
    { id: "shell.sidebar", label: m("sidebar.toggle"), keys: "Mod+B", group: m("group.everywhere"), inText: true, run: () => useUi.setState({ sidebar: !sidebar }) },
    { id: "schema.new", label: m("collections.new"), group: m("group.commands"), disabled: stop === undefined ? undefined : m(`collections.new.${stop}`), run: () => go({ kind: "schema" }, { new: true }) },
    { id: "shell.home", label: m("home"), group: m("group.commands"), run: () => void navigate({ to: "/home" }) },
    { id: "shell.sessions", label: m("sessions.command"), group: m("group.commands"), run: () => useUi.setState({ sessions: true }) },
    { id: "shell.factor", label: m("factor.command"), group: m("group.commands"), run: () => useUi.setState({ factor: true }) },
    { id: "pending.undo", label: t("undo"), keys: "Mod+Z", group: m("group.pending"), sheetOnly: !canUndo, disabled: canUndo ? undefined : m("undo.nothing"), run: () => pending.undo() },
    { id: "pending.redo", label: t("redo"), keys: "Mod+Shift+Z", group: m("group.pending"), sheetOnly: !canRedo, disabled: canRedo ? undefined : m("redo.nothing"), run: () => pending.redo() },
  ]);

  // A page that leaves with open work asks; the draft itself is kept either way.
  useEffect(() => {
    if (ops.size === 0) return;
    const ask = (event: BeforeUnloadEvent) => {
      void pending.flush();
      event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [ops.size, pending]);

  const name = connectionName(project);
  const store = storeName(project.store);
  const guard = guardWord(project);
  return (
    <div data-connection={project.environment} className="flex h-full flex-col">
      <WindowBar environment={project.environment} hasProject left={<ProjectHeading session={session} onSignOut={onSignOut} />} />
      <div className="flex min-h-0 flex-1">
        {sidebar ? <Sidebar /> : null}
        <div className="flex min-w-0 flex-1 flex-col">
          <TabStrip />
          <ViewAsBanner />
          <DraftBar />
          <main data-region="" tabIndex={-1} className="relative flex min-h-0 flex-1 flex-col">
            <Outlet />
          </main>
        </div>
      </div>
      <StatusBar
        left={
          <span className="flex items-center gap-1.5">
            <Dot state="open" />
            <span className={project.environment === "production" ? "text-accent" : ""}>
              {project.port === undefined
                ? m("status.connectionPlain", { name, store })
                : m("status.connection", { name, store, port: String(project.port) })}
              {guard ? ` · ${guard}` : ""}
            </span>
          </span>
        }
        right={
          <>
            {open > 0 ? <span className="text-draft">{m("status.open", { count: open })}</span> : null}
            <ShortcutsHint />
          </>
        }
      />
      <Palette
        scope={where.collection}
        collections={collections}
        onCollection={(collection) => go({ kind: "data", collection })}
        onField={(collection, field) => go({ kind: "schema", collection }, { field })}
        onRows={(collection, text) => go({ kind: "data", collection }, { search: text })}
      />
      <ViewAsDialog />
      <SessionsDialog open={sessions} onClose={() => useUi.setState({ sessions: false })} />
      <SecondFactorDialog open={factor} onClose={() => useUi.setState({ factor: false })} />
    </div>
  );
}

export function ShortcutsHint() {
  const keys = useKeysOf("shell.sheet");
  return (
    <button type="button" className="hover:text-ink" onClick={() => useUi.setState({ sheet: true })}>
      {m("sheet.open.short")} {keys ? <Keys keys={keys} className="text-hint text-ink-2" /> : null}
    </button>
  );
}

/**
 * What was staged when the window last closed, offered once and never applied by itself. It stands above the
 * screen and has words of its own: the bar below is about what is open now.
 */
function DraftBar() {
  const { pending } = useSession();
  const { schemas } = useCatalog();
  const draft = useStore(pending.store, (state) => state.draft);
  useEffect(() => {
    pending.draft().catch(() => undefined);
  }, [pending]);
  if (!draft || draft.ops.length === 0) return null;
  const time = moment(draft.savedAt);
  return (
    <PendingBar at="top" title={m("draft.title", { count: openWork(draft.ops, schemas).all })} facts={m("draft.kept", { time, places: draftPlaces(draft, schemas) })}>
      <Button
        kind="ghost"
        onClick={() => void pending.dropDraft()}
      >
        {m("draft.drop")}
      </Button>
      <Button
        onClick={() => pending.restore(draft)}
      >
        {m("draft.restore")}
      </Button>
    </PendingBar>
  );
}
