import { ChevronDown, ChevronRight } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { cx } from "./cx";

export interface TreeItem {
  id: string;
  label: string;
  count?: ReactNode;
  mark?: ReactNode;
}
export interface TreeFolder {
  id: string;
  label: string;
  mark?: ReactNode;
  /** Shown when the folder is closed. */
  count?: ReactNode;
  items: readonly TreeItem[];
}

export interface TreeProps {
  folders: readonly TreeFolder[];
  current?: string | undefined;
  closed: ReadonlySet<string>;
  onToggle: (folder: string) => void;
  onSelect: (item: string) => void;
  /** The item under the pointer: the place to begin loading what it opens. */
  onHover?: ((item: string) => void) | undefined;
  "aria-label": string;
}

/** One Tab stop; arrows walk it, Right and Left open and close a folder. Folderless items have label "". */
export function Tree({ folders, current, closed, onToggle, onSelect, onHover, ...rest }: TreeProps) {
  const root = useRef<HTMLDivElement>(null);
  const [focus, setFocus] = useState<string | null>(null);
  const visible = folders.flatMap((folder) => [
    ...(folder.label === "" ? [] : [`f:${folder.id}`]),
    ...(closed.has(folder.id) ? [] : folder.items.map((item) => `i:${item.id}`)),
  ]);
  const wanted = focus ?? (current === undefined ? null : `i:${current}`);
  const stop = wanted !== null && visible.includes(wanted) ? wanted : visible[0];
  const go = (key: string | undefined) => {
    if (key === undefined) return;
    setFocus(key);
    root.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = (event.target as HTMLElement).dataset["key"];
    if (key === undefined) return;
    const at = visible.indexOf(key);
    const folder = key.startsWith("f:") ? key.slice(2) : null;
    switch (event.key) {
      case "ArrowDown":
        go(visible[Math.min(at + 1, visible.length - 1)]);
        break;
      case "ArrowUp":
        go(visible[Math.max(at - 1, 0)]);
        break;
      case "Home":
        go(visible[0]);
        break;
      case "End":
        go(visible[visible.length - 1]);
        break;
      case "ArrowRight":
        if (folder !== null && closed.has(folder)) onToggle(folder);
        else go(visible[Math.min(at + 1, visible.length - 1)]);
        break;
      case "ArrowLeft":
        if (folder !== null) {
          if (!closed.has(folder)) onToggle(folder);
        } else {
          const owner = folders.find((entry) => entry.items.some((item) => `i:${item.id}` === key));
          if (owner && owner.label !== "") go(`f:${owner.id}`);
        }
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  const row = "flex h-tree-row w-full items-center text-left ring-cell";
  return (
    <div ref={root} role="tree" aria-label={rest["aria-label"]} onKeyDown={onKeyDown}>
      {folders.map((folder) => (
        <div key={folder.id} role="none">
          {folder.label === "" ? null : (
            <button
              type="button"
              role="treeitem"
              data-key={`f:${folder.id}`}
              aria-expanded={!closed.has(folder.id)}
              aria-level={1}
              tabIndex={stop === `f:${folder.id}` ? 0 : -1}
              onFocus={() => setFocus(`f:${folder.id}`)}
              onClick={() => onToggle(folder.id)}
              className={cx(row, "gap-1.5 pr-4 pl-3 text-ink-2 hover:bg-bg-hover")}
            >
              {closed.has(folder.id) ? (
                <ChevronRight aria-hidden size={12} />
              ) : (
                <ChevronDown aria-hidden size={12} />
              )}
              {folder.mark}
              <span className="min-w-0 flex-1 truncate" title={folder.label.length > 22 ? folder.label : undefined}>{folder.label}</span>
              {closed.has(folder.id) && folder.count !== undefined ? (
                <span className="text-second text-ink-3">{folder.count}</span>
              ) : null}
            </button>
          )}
          {closed.has(folder.id)
            ? null
            : folder.items.map((item) => (
                <button
                  key={item.id}
                  type="button"
                  role="treeitem"
                  data-key={`i:${item.id}`}
                  aria-level={folder.label === "" ? 1 : 2}
                  aria-selected={item.id === current}
                  tabIndex={stop === `i:${item.id}` ? 0 : -1}
                  title={item.label.length > 22 ? item.label : undefined}
                  onFocus={() => setFocus(`i:${item.id}`)}
                  onPointerEnter={() => onHover?.(item.id)}
                  onClick={() => onSelect(item.id)}
                  className={cx(
                    row,
                    "gap-2 pr-4",
                    folder.label === "" ? "pl-4" : "pl-8",
                    item.id === current ? "bg-bg-active font-medium text-ink" : "text-ink-2 hover:bg-bg-hover",
                  )}
                >
                  <span className="min-w-0 flex-1 truncate">{item.label}</span>
                  {item.mark}
                  {item.count === undefined ? null : (
                    <span className={cx("text-second font-normal", item.id === current ? "text-ink-2" : "text-ink-3")}>
                      {item.count}
                    </span>
                  )}
                </button>
              ))}
        </div>
      ))}
    </div>
  );
}
