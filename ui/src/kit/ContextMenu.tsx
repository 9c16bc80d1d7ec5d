import { ContextMenu as Base } from "@base-ui/react/context-menu";
import type { ReactElement } from "react";
import { MENU_POPUP, MenuRows, type MenuEntries } from "./Menu";

/** The same entries under the pointer. Everything in it is also on a key or in a menu. */
export function ContextMenu({ entries, children }: { entries: MenuEntries; children: ReactElement }) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner className="z-40 outline-none">
          <Base.Popup className={MENU_POPUP}>
            <MenuRows entries={entries} />
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
