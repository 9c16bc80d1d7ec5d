import { Pencil, Trash2, X } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { Button, IconButton } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { anchorOf, Floating, type Anchor } from "./Floating";
import { m } from "./messages";
import { PICKED_MAX, type Picks } from "./picks";

/** What is done with the picked rows together. It stands where open changes stand, so no row moves. */
export function PickBar({
  picks,
  about,
  editRefusal,
  deleteRefusal,
  editor,
  onDelete,
}: {
  picks: Picks;
  /** The count in words, estimated or exact. */
  about: string;
  editRefusal: string | undefined;
  deleteRefusal: string | undefined;
  editor: (close: () => void) => ReactNode;
  onDelete: () => void;
}) {
  const button = useRef<HTMLSpanElement>(null);
  const [anchor, setAnchor] = useState<Anchor | null>(null);
  const tooMany = picks.count > PICKED_MAX ? m("bulk.tooMany", { limit: PICKED_MAX }) : undefined;
  const noEdit = tooMany ?? editRefusal;
  const noDelete = tooMany ?? deleteRefusal;
  const edit = (): void => {
    if (button.current && noEdit === undefined) setAnchor(anchorOf(button.current));
  };
  useCommands([
    { id: "data.editPicked", label: m("bulk.edit"), keys: ["Alt+E", "E"], group: m("group.data"), icon: Pencil, disabled: noEdit, run: edit },
    { id: "data.deletePicked", label: m("bulk.delete", { rows: about }), keys: "Shift+Delete", group: m("group.data"), icon: Trash2, disabled: noDelete, run: onDelete },
    { id: "data.clearPicks", label: m("pick.clear"), group: m("group.data"), run: picks.clear },
  ]);
  return (
    <div role="region" aria-label={m("pick.title")} className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-t border-line-strong bg-bg-sunk px-3 py-1.5">
      <span className="font-semibold">{picks.all ? m("pick.everything", { rows: about }) : m("pick.some", { count: picks.count, rows: about })}</span>
      <span className="min-w-0 flex-1 truncate text-second text-ink-3">{tooMany ?? editRefusal ?? deleteRefusal ?? (picks.all ? m("pick.filter") : m("pick.hint"))}</span>
      <span ref={button} className="inline-flex">
        <Button icon={Pencil} command="data.editPicked" disabled={noEdit !== undefined} onClick={edit}>
          {m("bulk.edit")}
        </Button>
      </span>
      <Button icon={Trash2} disabled={noDelete !== undefined} onClick={onDelete}>
        {m("bulk.delete", { rows: about })}
      </Button>
      <IconButton icon={X} label={m("pick.clear")} keys="Escape" onClick={picks.clear} />
      {anchor ? (
        <Floating anchor={anchor} label={m("bulk.edit")} onClose={() => setAnchor(null)}>
          {editor(() => setAnchor(null))}
        </Floating>
      ) : null}
    </div>
  );
}
