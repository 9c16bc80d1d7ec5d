import type { PermissionAction, Role } from "@plinth/sdk";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { cx } from "@/kit/cx";
import { MatrixGlyph, reachWord, type Reach } from "@/kit/MatrixCell";
import { t } from "./messages";
import { ACTIONS } from "./rule";

export interface MatrixColumn {
  readonly role: Role;
  /** Under the name: how many people, or that it is everyone. */
  readonly note: string;
  readonly anyone: boolean;
  /** Administrators: everything, and nothing to set. */
  readonly fixed: boolean;
}

export interface MatrixSection {
  readonly id: string;
  readonly title: string;
  readonly collections: readonly string[];
}

export interface CellState {
  readonly reach: Reach;
  readonly staged: boolean;
  readonly conflict: boolean;
}

export interface CellAddress {
  readonly role: string;
  readonly collection: string;
  readonly action: PermissionAction;
}

/** Keys of a cell that the matrix passes on. */
export type CellKey = "open" | "cycle" | "copy" | "paste" | "down";

export function Matrix({
  columns,
  sections,
  cell,
  focus,
  open,
  onFocus,
  onKey,
}: {
  columns: readonly MatrixColumn[];
  sections: readonly MatrixSection[];
  cell: (address: CellAddress) => CellState;
  focus: CellAddress | null;
  /** The cell whose rule is in the drawer. */
  open: CellAddress | null;
  onFocus: (address: CellAddress) => void;
  onKey: (key: CellKey, address: CellAddress) => void;
}) {
  const grid = useRef<HTMLTableElement>(null);
  const wanted = useRef(false);
  const rows = sections.flatMap((section) => section.collections);
  const width = columns.length * ACTIONS.length;
  const here = focus && rows.includes(focus.collection) && columns.some((column) => column.role.id === focus.role) ? focus : null;
  const stop: CellAddress | null = here ?? (columns[0] && rows[0] !== undefined ? { role: columns[0].role.id, collection: rows[0], action: "read" } : null);

  useEffect(() => {
    if (!wanted.current || !here) return;
    wanted.current = false;
    grid.current?.querySelector<HTMLElement>('[data-stop="true"]')?.focus();
  }, [here]);

  const move = (from: CellAddress, byRow: number, byColumn: number) => {
    const row = rows.indexOf(from.collection) + byRow;
    const at = columns.findIndex((column) => column.role.id === from.role) * ACTIONS.length + ACTIONS.indexOf(from.action) + byColumn;
    const collection = rows[Math.max(0, Math.min(rows.length - 1, row))];
    const index = Math.max(0, Math.min(width - 1, at));
    const column = columns[Math.floor(index / ACTIONS.length)];
    const action = ACTIONS[index % ACTIONS.length];
    if (collection === undefined || !column || !action) return;
    wanted.current = true;
    onFocus({ role: column.role.id, collection, action });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!stop || event.altKey) return;
    const mod = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (mod) {
      if (key === "c") onKey("copy", stop);
      else if (key === "v" && !event.shiftKey) onKey("paste", stop);
      else if (key === "d") onKey("down", stop);
      else if (event.key === "Home") move(stop, -rows.length, -width);
      else if (event.key === "End") move(stop, rows.length, width);
      else return;
    } else {
      switch (event.key) {
        case "ArrowRight":
          move(stop, 0, 1);
          break;
        case "ArrowLeft":
          move(stop, 0, -1);
          break;
        case "ArrowDown":
          move(stop, 1, 0);
          break;
        case "ArrowUp":
          move(stop, -1, 0);
          break;
        case "Home":
          move(stop, 0, -width);
          break;
        case "End":
          move(stop, 0, width);
          break;
        case " ":
          onKey("cycle", stop);
          break;
        case "Enter":
          onKey("open", stop);
          break;
        default:
          return;
      }
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <table ref={grid} role="grid" aria-label={t("matrix")} className="border-separate border-spacing-0" onKeyDown={onKeyDown}>
      <thead className="sticky top-0 z-10 bg-bg-page">
        <tr>
          <td className="sticky left-0 z-11 h-11 w-42 min-w-42 border-r border-b border-line border-b-line-strong bg-bg-page" />
          {columns.map(({ role, note, anyone }) => (
            <th key={role.id} scope="colgroup" colSpan={4} className="h-11 border-r border-b border-line border-b-line-strong px-2 text-left align-middle font-normal">
              <div className="max-w-28 truncate font-semibold" title={role.name}>
                {role.name}
              </div>
              <div className={cx("max-w-28 truncate text-hint", anyone ? "text-bad" : "text-ink-3")} title={note}>
                {note}
              </div>
            </th>
          ))}
        </tr>
        <tr>
          <td className="sticky left-0 z-11 border-r border-b border-line bg-bg-page" />
          {columns.map(({ role }) =>
            ACTIONS.map((action, index) => (
              <th
                key={`${role.id} ${action}`}
                scope="col"
                abbr={t(action)}
                className={cx("h-[22px] border-b border-line text-hint font-normal text-ink-2", index === 0 && "pl-1.5", index === 3 && "border-r pr-1.5")}
              >
                <abbr title={t(action)} className="no-underline">
                  {t(`letter.${action}`)}
                </abbr>
              </th>
            )),
          )}
        </tr>
      </thead>
      {sections.map((section) => (
        <tbody key={section.id}>
          <tr>
            <th
              scope="rowgroup"
              colSpan={1 + width}
              className="h-6 border-b border-line bg-bg-sunk px-3 text-left text-second font-normal text-ink-2"
            >
              <span className="sticky left-3">{section.title}</span>
            </th>
          </tr>
          {section.collections.map((collection) => {
            const current = open?.collection === collection;
            return (
              <tr key={collection}>
                <th
                  scope="row"
                  title={collection}
                  className={cx(
                    "sticky left-0 z-11 h-[30px] max-w-42 truncate border-r border-b border-line bg-bg-page px-3 text-left",
                    current ? "font-semibold" : "font-normal",
                  )}
                >
                  {collection.replace(/^baasix_/, "")}
                </th>
                {columns.map(({ role, anyone, fixed }) =>
                  ACTIONS.map((action, index) => {
                    const address = { role: role.id, collection, action };
                    const { reach, staged, conflict } = fixed ? { reach: "all" as const, staged: false, conflict: false } : cell(address);
                    const is = stop?.role === role.id && stop.collection === collection && stop.action === action;
                    const isOpen = current && open.role === role.id && open.action === action;
                    const said = t("cell", { role: role.name, action: t(action), collection, reach: reachWord(reach) });
                    const label = staged ? t("cell.staged", { cell: said }) : anyone && reach !== "none" ? t("cell.open", { cell: said }) : said;
                    return (
                      <td
                        key={action}
                        role="gridcell"
                        tabIndex={is ? 0 : -1}
                        data-stop={is ? "true" : undefined}
                        aria-label={label}
                        aria-selected={isOpen}
                        onFocus={() => onFocus(address)}
                        onClick={() => onKey("open", address)}
                        className={cx(
                          "group h-[30px] cursor-default border-b border-line-2 px-0 text-center outline-none",
                          index === 0 && "pl-1.5",
                          index === 3 && "border-r border-r-line pr-1.5",
                        )}
                      >
                        <span className="inline-flex rounded-tag group-hover:bg-bg-hover group-focus-visible:outline-2 group-focus-visible:outline-offset-0 group-focus-visible:outline-ink group-focus-visible:outline-solid">
                          <MatrixGlyph reach={reach} staged={staged || conflict} anyone={anyone} selected={isOpen} />
                        </span>
                      </td>
                    );
                  }),
                )}
              </tr>
            );
          })}
        </tbody>
      ))}
    </table>
  );
}

/** What the glyphs mean, in words. */
export function Legend() {
  const entries: ReadonlyArray<readonly [Reach, string, ("staged" | "open")?]> = [
    ["all", t("legend.all")],
    ["rows", t("legend.rows")],
    ["fields", t("legend.fields")],
    ["both", t("legend.both")],
    ["none", t("legend.none")],
    ["all", t("legend.staged"), "staged"],
    ["all", t("legend.open"), "open"],
  ];
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-3 text-second text-ink-2">
      {entries.map(([reach, label, kind]) => (
        <span key={label} className="flex items-center gap-1.5">
          <MatrixGlyph reach={reach} staged={kind === "staged"} anyone={kind === "open"} />
          {label}
        </span>
      ))}
    </div>
  );
}
