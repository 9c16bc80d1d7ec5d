import { Columns3, Download, Plus, Trash2, Upload } from "lucide-react";
import { useRef, type Ref, type RefObject } from "react";
import { Button, IconButton } from "@/kit/Button";
import { Menu } from "@/kit/Menu";
import { Toolbar, ToolbarRule } from "@/kit/Toolbar";
import type { Capability, Connection, ExportFormat } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import type { View } from "@/lib/filters";
import { FilterBar, type FilterBarHandle } from "./FilterBar";
import { anchorOf, type Anchor } from "./Floating";
import type { Layout } from "./layout";
import { m } from "./messages";
import { d } from "./trash/messages";
import { searchOf, ViewMenu } from "./ViewMenu";
import type { SavedView } from "./views";
import { SearchRows } from "./SearchRows";

/** The bar above the rows: the view, the search and the filters, and what is done rarely. */
export function RecordsBar({
  collection,
  find,
  connection,
  capability,
  views,
  saved,
  viewGone,
  view,
  columns,
  pinned,
  layout,
  fields,
  readable,
  searching,
  advanced,
  filters,
  searchInput,
  newRefusal,
  onShow,
  onSearch,
  onStopSearching,
  onAdvanced,
  onTrash,
  trash,
  onColumns,
  onExport,
  onNew,
}: {
  collection: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  connection: Connection;
  capability: Capability | null;
  views: readonly SavedView[];
  saved: SavedView | null;
  viewGone: boolean;
  view: View;
  columns: readonly string[] | null;
  pinned: readonly string[];
  layout: Layout;
  fields: readonly FieldInfo[];
  readable: readonly FieldInfo[];
  /** The search is open, with nothing in it yet. */
  searching: boolean;
  /** The tree of conditions is open. */
  advanced: boolean;
  filters: Ref<FilterBarHandle>;
  searchInput: RefObject<HTMLInputElement | null>;
  /** Why no row may be added. */
  newRefusal: string | undefined;
  onShow: (next: View) => void;
  onSearch: (search: Record<string, unknown>) => void;
  onStopSearching: () => void;
  onAdvanced: () => void;
  /** Null where a deleted row is gone. */
  onTrash: (() => void) | null;
  /** The trash is open. */
  trash: boolean;
  onColumns: (anchor: Anchor) => void;
  onExport: (format: ExportFormat) => void;
  onNew: () => void;
}) {
  const columnsButton = useRef<HTMLSpanElement>(null);
  const refused = newRefusal !== undefined;
  return (
    <Toolbar
      title={collection.name}
      right={
        <>
          <span ref={columnsButton} className="inline-flex">
            <Button
              kind="ghost"
              icon={Columns3}
              aria-label={m("columns.label", { shown: fields.length, all: readable.length })}
              onClick={() => columnsButton.current && onColumns(anchorOf(columnsButton.current))}
            >
              {m("columns", { shown: fields.length, all: readable.length })}
            </Button>
          </span>
          <IconButton icon={Upload} iconSize={15} label={m("import")} disabled={refused} onClick={() => onSearch({ import: "new" })} />
          <Menu
            align="end"
            trigger={<IconButton icon={Download} iconSize={15} label={m("export")} />}
            entries={(["csv", "json", "ndjson", "sql"] as const).map((format) => ({
              label: m(`export.${format}`),
              onSelect: () => onExport(format),
            }))}
          />
          {onTrash ? <IconButton icon={Trash2} iconSize={15} label={d("open")} on={trash} onClick={onTrash} /> : null}
          <ToolbarRule />
          <Button icon={Plus} command="data.newRow" disabled={refused} title={capability ? newRefusal : undefined} onClick={onNew}>
            {m("newRow")}
          </Button>
        </>
      }
    >
      <ViewMenu
        connection={connection}
        capability={capability}
        collection={collection.name}
        views={views}
        saved={saved}
        gone={viewGone}
        view={{ ...view, columns, pinned }}
        layout={layout}
        onOpen={(next) => onSearch(searchOf(next))}
        onSaved={(id) => onShow({ ...view, columns, pinned, saved: id })}
      />
      {searching || view.search !== "" ? (
        <SearchRows value={view.search} inputRef={searchInput} onSearch={(text) => onShow({ ...view, search: text })} onStop={onStopSearching} />
      ) : null}
      <ToolbarRule />
      <FilterBar
        collection={collection}
        find={find}
        fields={readable}
        pills={view.pills}
        groups={view.groups}
        advanced={advanced}
        onPills={(pills) => onShow({ ...view, pills })}
        onGroups={(groups) => onShow({ ...view, groups })}
        onAdvanced={onAdvanced}
        handle={filters}
      />
    </Toolbar>
  );
}
