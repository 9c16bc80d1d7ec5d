import { useQuery } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { usePersona } from "@/host/persona";
import { accessQuery, useSession } from "@/host/session";
import { useCommands } from "@/kit/commands";
import { Keys } from "@/kit/keys";
import { Status } from "@/kit/status";
import { clock } from "@/lib/moments";
import { v } from "./messages";
import { calledAs } from "./people";

/** Ends the view at the server, too; that it cannot be told there costs nothing but its hour. */
function useStop(): () => void {
  const session = useSession();
  return () => {
    const { persona } = usePersona.getState();
    usePersona.setState({ persona: null });
    if (persona) session.viewer?.client.permissions.stopViewing(persona.opened.token).catch(() => undefined);
  };
}

/** To begin and to end it, from everywhere. */
export function useViewAsCommands(): void {
  const session = useSession();
  const viewing = session.viewer !== undefined;
  const administrator = useQuery({ ...accessQuery(session), enabled: !viewing }).data?.role.administrator === true;
  const stop = useStop();
  const may = viewing || administrator;
  useCommands([
    {
      id: "viewAs.open",
      label: v("cmd.open"),
      keys: "Mod+Shift+V",
      group: v("cmd"),
      icon: Eye,
      disabled: may ? undefined : v("cmd.open.not"),
      run: () => usePersona.setState({ asking: true }),
    },
    ...(viewing ? [{ id: "viewAs.stop", label: v("cmd.stop"), keys: "Escape", group: v("cmd"), icon: Eye, run: stop }] : []),
  ]);
}

const BUTTON = "flex h-[22px] items-center gap-2 rounded-control border border-bg-page/60 px-2 font-medium whitespace-nowrap hover:bg-bg-page/15 focus-visible:outline-bg-page";

/** The only inverted thing there is: on every screen, for as long as somebody else's eyes are borrowed. */
export function ViewAsBanner() {
  const persona = usePersona((state) => state.persona);
  const session = useSession();
  const stop = useStop();
  if (persona === null || session.viewer === undefined) return null;
  const { opened } = persona;
  return (
    <div role="region" aria-label={`${v("viewing")} ${calledAs(opened)}`} className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 bg-ink px-3 py-1 text-bg-page">
      <Eye aria-hidden size={15} className="shrink-0" />
      <span className="min-w-0 truncate">
        {v("viewing")} <strong className="font-semibold">{calledAs(opened)}</strong>
      </span>
      <span className="min-w-0 flex-1 truncate opacity-75">
        {v("readonly")} {v("until", { time: clock(opened.expiresAt) })}
      </span>
      <button type="button" className={BUTTON} onClick={() => usePersona.setState({ asking: true })}>
        {v("change")}
      </button>
      <button type="button" className={BUTTON} onClick={stop}>
        {v("stop")} <Keys keys="Escape" className="text-hint opacity-75" />
      </button>
      <Status>{v("status", { name: calledAs(opened) })}</Status>
    </div>
  );
}
