import { useNavigate } from "@tanstack/react-router";
import { Home, KeyRound, LogOut, MonitorSmartphone, PanelRight, Redo2, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { host } from "@/host";
import { connectionName } from "@/host/connection-name";
import type { Project } from "@/host/host";
import type { Session } from "@/host/session";
import { IconButton } from "@/kit/Button";
import { runCommand, useHasCommand } from "@/kit/commands";
import { isMac } from "@/kit/keys";
import { Menu } from "@/kit/Menu";
import { CommandField, ConnectionChip, MenuButton, TitleBar, WindowButtons, type Environment } from "@/kit/TitleBar";
import { Tip } from "@/kit/Tooltip";
import { t } from "@/messages/en";
import { m } from "./messages";
import { useProjects } from "./projects";
import { useUi } from "./ui-state";
import { openMenu } from "./window-commands";

export function storeName(store: Project["store"]): string {
  return store === "postgres" ? m("store.postgres") : m("store.sqlite");
}

export function guardWord(project: Project): string | null {
  if (project.guard === "readonly") return m("status.readonly");
  return project.guard === "confirm" ? m("status.confirm") : null;
}

export function WindowBar({
  environment,
  left,
  hasProject,
}: {
  environment: Environment;
  left: ReactNode;
  hasProject: boolean;
}) {
  const inspector = useHasCommand("inspector.toggle");
  const undo = useHasCommand("pending.undo");
  const shell = host().window;
  return (
    <TitleBar
      environment={environment}
      menu={shell && !isMac ? <MenuButton command="window.menu" onOpen={(button) => openMenu(shell, button, false)} /> : undefined}
      left={left}
      centre={<CommandField command="shell.palette" onOpen={() => runCommand("shell.palette")} />}
      right={
        <>
          <div className="mr-3 flex">
            {hasProject && undo ? (
              <>
                <IconButton icon={Undo2} iconSize={15} label={t("undo")} command="pending.undo" onClick={() => runCommand("pending.undo")} />
                <IconButton icon={Redo2} iconSize={15} label={t("redo")} command="pending.redo" onClick={() => runCommand("pending.redo")} />
              </>
            ) : null}
            {inspector ? (
              <IconButton icon={PanelRight} iconSize={15} label={m("inspector.toggle")} command="inspector.toggle" onClick={() => runCommand("inspector.toggle")} />
            ) : null}
          </div>
          {shell ? <WindowButtons onMinimize={shell.minimize} onMaximize={shell.toggleMaximize} onClose={shell.close} /> : null}
        </>
      }
    />
  );
}

/** Project, "/", connection and engine; the chip leads to every other project. */
export function ProjectHeading({ session, onSignOut }: { session: Session; onSignOut: (() => void) | null }) {
  const { project, user } = session;
  const projects = useProjects();
  const navigate = useNavigate();
  const guard = guardWord(project);
  const engine = storeName(project.store);
  const others = (projects.data ?? []).filter((other) => other.id !== project.id);
  return (
    <>
      <Tip label={m("home")}>
        <button
          type="button"
          onClick={() => void navigate({ to: "/home" })}
          className="ml-1 min-w-0 truncate rounded-control text-title font-semibold hover:underline"
        >
          {project.name}
        </button>
      </Tip>
      <span aria-hidden className="text-ink-3">
        {"/"}
      </span>
      <Menu
        trigger={<ConnectionChip name={connectionName(project)} />}
        entries={[
          ...others.map((other) => ({
            label: other.name,
            detail: other.state === "running" ? m("chip.running") : m("chip.stopped"),
            onSelect: () => void navigate({ to: "/p/$project/data", params: { project: other.id } }),
          })),
          ...(others.length > 0 ? [null] : []),
          { label: m("chip.home"), icon: Home, onSelect: () => void navigate({ to: "/home" }) },
          ...(user ? [{ label: m("chip.sessions", { name: user.email }), icon: MonitorSmartphone, onSelect: () => useUi.setState({ sessions: true }) }] : []),
          ...(user ? [{ label: m("chip.factor", { name: user.email }), icon: KeyRound, onSelect: () => useUi.setState({ factor: true }) }] : []),
          ...(onSignOut && user ? [{ label: m("chip.signOut", { name: user.email }), icon: LogOut, onSelect: onSignOut }] : []),
        ]}
      />
      <span className="truncate text-second text-ink-2">{guard ? m("engine.guard", { store: engine, guard }) : engine}</span>
    </>
  );
}
