import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement, ReactNode } from "react";
import { Keys } from "./keys";

/** Once around the app: 400 ms for the first, none inside a row of tools. */
export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Tooltip.Provider delay={400} closeDelay={0} timeout={400}>
      {children}
    </Tooltip.Provider>
  );
}

/** Name and key of what it wraps. A fact one needs does not live only here. */
export function Tip({
  label,
  keys,
  side = "bottom",
  children,
}: {
  label: ReactNode;
  keys?: string | undefined;
  side?: "top" | "bottom" | "left" | "right";
  children: ReactElement;
}) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={children} />
      <Tooltip.Portal>
        <Tooltip.Positioner side={side} sideOffset={6} className="z-80">
          <Tooltip.Popup className="flex min-h-6 max-w-80 items-center gap-2 rounded-float bg-bg-float px-2 py-1 text-second text-ink shadow-float">
            {label}
            {keys ? <Keys keys={keys} /> : null}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
