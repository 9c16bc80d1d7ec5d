import { Button } from "@/kit/Button";
import type { FieldInfo } from "@/lib/fields";
import { Floating, type Anchor } from "./Floating";
import { ListBox } from "./ListBox";
import { m } from "./messages";

/** Which columns are shown. */
export function ColumnList({
  anchor,
  readable,
  shown,
  onColumns,
  onClose,
}: {
  anchor: Anchor;
  readable: readonly FieldInfo[];
  shown: readonly FieldInfo[];
  onColumns: (columns: readonly string[] | null) => void;
  onClose: () => void;
}) {
  return (
    <Floating anchor={anchor} label={m("columns.label", { shown: shown.length, all: readable.length })} onClose={onClose}>
      <ListBox
        many
        label={m("columns.find")}
        placeholder={m("columns.find")}
        empty={m("columns.none")}
        choices={readable.map((field) => ({ value: field.name, label: field.name, text: field.name, checked: shown.includes(field) }))}
        onChoose={(column) => {
          const now = new Set(shown.map((field) => field.name));
          if (now.has(column)) now.delete(column);
          else now.add(column);
          const next = readable.filter((field) => now.has(field.name)).map((field) => field.name);
          if (next.length > 0) onColumns(next);
        }}
        footer={
          <span className="flex gap-1">
            <Button size="small" kind="ghost" onClick={() => onColumns(readable.map((field) => field.name))}>
              {m("columns.all")}
            </Button>
            <Button size="small" kind="ghost" onClick={() => onColumns(null)}>
              {m("columns.usual")}
            </Button>
          </span>
        }
      />
    </Floating>
  );
}
