import { Command as CommandIcon, Hash, Lock, Search, Table2, TextCursorInput, type LucideIcon } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { Command } from "@/kit/commands";
import { allCommands, keyList, useRegistry } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { useWayBack } from "@/kit/focus";
import { formatKeys } from "@/kit/keys";
import { typeLabel, type CollectionInfo } from "@/lib/fields";
import { m } from "./messages";
import { match, type Match } from "./palette-match";
import { useUi } from "./ui-state";

interface Entry {
  id: string;
  group: string;
  icon: LucideIcon;
  label: string;
  match: Match;
  detail?: string | undefined;
  right?: ReactNode;
  /** Why not; the entry stays and says so. */
  disabled?: string | undefined;
  run: () => void;
}

/** Reopened within half a minute, the palette still holds what was typed. */
const KEEP_MS = 30_000;
let kept = { text: "", at: -Infinity };

const PER_GROUP = 8;

export interface PaletteProps {
  /** The collection on screen, as a chip one leaves with Backspace. */
  scope: string | undefined;
  collections: readonly CollectionInfo[];
  onCollection: (collection: string) => void;
  onField: (collection: string, field: string) => void;
  onRows: (collection: string, text: string) => void;
}

export function Palette(props: PaletteProps) {
  const open = useUi((state) => state.palette);
  useWayBack(open);
  return open ? <OpenPalette {...props} /> : null;
}

function Marked({ text, ranges }: { text: string; ranges: Match["ranges"] }) {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const [start, end] of ranges) {
    parts.push(text.slice(from, start));
    parts.push(
      <b key={start} className="font-semibold underline decoration-1 underline-offset-2">
        {text.slice(start, end)}
      </b>,
    );
    from = end;
  }
  parts.push(text.slice(from));
  return <>{parts}</>;
}

function OpenPalette({ scope: initialScope, collections, onCollection, onField, onRows }: PaletteProps) {
  const [text, setText] = useState(() => (performance.now() - kept.at < KEEP_MS ? kept.text : ""));
  const [scope, setScope] = useState(initialScope);
  const [at, setAt] = useState(0);
  const owners = useRegistry((state) => state.owners);
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const before = useRef(document.activeElement);

  const close = (restore = true) => {
    kept = { text, at: performance.now() };
    useUi.setState({ palette: false });
    if (restore && before.current instanceof HTMLElement) before.current.focus();
  };

  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, []);

  const entries = useMemo(() => {
    const commandsOnly = text.startsWith(">");
    const query = (commandsOnly ? text.slice(1) : text).trim();
    const found: Entry[] = [];
    const here = m("group.here");
    const asEntry = (command: Command): Entry | null => {
      const fit = match(query, command.label);
      if (!fit || command.sheetOnly || !command.run) return null;
      const keys = keyList(command)[0];
      return {
        id: command.id,
        group: command.group === m("group.everywhere") || command.group === m("group.areas") ? m("group.commands") : command.group,
        icon: command.disabled ? Lock : (command.icon ?? CommandIcon),
        label: command.label,
        match: fit,
        detail: command.disabled ?? command.detail,
        right: keys === undefined ? null : formatKeys(keys),
        disabled: command.disabled,
        run: command.run,
      };
    };
    const commands = allCommands(owners).flatMap((command) => asEntry(command) ?? []);
    found.push(...commands.filter((entry) => entry.group !== m("group.commands")));
    if (!commandsOnly) {
      if (query !== "" && scope !== undefined) {
        found.push({
          id: "rows",
          group: here,
          icon: Search,
          label: m("palette.rows", { text: query }),
          match: { score: 9, ranges: [] },
          detail: m("palette.rows.detail", { name: scope }),
          run: () => onRows(scope, query),
        });
      }
      const things: Entry[] = [];
      for (const collection of collections) {
        const fit = match(query, collection.name);
        if (fit && (query !== "" || !collection.system)) {
          things.push({
            id: `c:${collection.name}`,
            group: m("group.fields"),
            icon: Table2,
            label: collection.name,
            match: fit,
            right: m("palette.openCollection"),
            run: () => onCollection(collection.name),
          });
        }
        if (query === "" || collection.system) continue;
        for (const field of collection.fields) {
          const fieldFit = match(query, field.name);
          if (!fieldFit || fieldFit.score > 2) continue;
          const shift = collection.name.length + 1;
          things.push({
            id: `f:${collection.name}.${field.name}`,
            group: m("group.fields"),
            icon: field.type.kind === "int" || field.type.kind === "decimal" ? Hash : TextCursorInput,
            label: `${collection.name}.${field.name}`,
            match: { score: fieldFit.score + 0.5, ranges: fieldFit.ranges.map(([a, b]) => [a + shift, b + shift] as const) },
            detail: typeLabel(field),
            right: m("palette.toField"),
            run: () => onField(collection.name, field.name),
          });
        }
      }
      found.push(...things.sort((a, b) => a.match.score - b.match.score).slice(0, PER_GROUP));
    }
    found.push(...commands.filter((entry) => entry.group === m("group.commands")));
    // What acts on this screen comes before what leads elsewhere. A search of rows is offered right behind
    // the first group that has something of that name, so that Enter means the name.
    const rank = (group: string): number => (group === m("group.pending") ? 0 : group === m("group.fields") ? 2 : group === m("group.commands") ? 3 : 1);
    const order = [...new Set(found.map((entry) => entry.group))].filter((group) => group !== here).sort((a, b) => rank(a) - rank(b));
    if (found.some((entry) => entry.group === here)) {
      const named = order.findIndex((group) => found.some((entry) => entry.group === group && entry.disabled === undefined));
      order.splice(named + 1, 0, here);
    }
    return order.flatMap((group) => {
      const inGroup = found.filter((entry) => entry.group === group);
      if (query !== "") inGroup.sort((a, b) => a.match.score - b.match.score);
      return query === "" ? inGroup : inGroup.slice(0, PER_GROUP);
    });
  }, [text, scope, collections, owners, onCollection, onField, onRows]);

  const current = Math.min(at, entries.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [current, entries]);

  const run = (entry: Entry | undefined) => {
    if (!entry || entry.disabled !== undefined) return;
    close();
    entry.run();
  };

  return (
    <div className="fixed inset-0 z-60 bg-scrim" onPointerDown={() => close()}>
      <div
        data-modal=""
        role="dialog"
        aria-modal="true"
        aria-label={m("palette")}
        onPointerDown={(event) => event.stopPropagation()}
        onKeyDown={(event) => {
          switch (event.key) {
            case "ArrowDown":
              setAt(entries.length === 0 ? 0 : (current + 1) % entries.length);
              break;
            case "ArrowUp":
              setAt(entries.length === 0 ? 0 : (current - 1 + entries.length) % entries.length);
              break;
            case "Home":
            case "End":
              if (!event.ctrlKey) return;
              setAt(event.key === "Home" ? 0 : entries.length - 1);
              break;
            case "Enter":
              run(entries[current]);
              break;
            case "Escape":
              close();
              break;
            case "Tab":
              break;
            case "Backspace":
              if (text !== "" || scope === undefined) return;
              setScope(undefined);
              break;
            default:
              return;
          }
          event.preventDefault();
          event.stopPropagation();
        }}
        className="absolute top-[84px] left-1/2 flex max-h-[calc(100vh-120px)] w-[640px] max-w-[calc(100vw-32px)] -translate-x-1/2 flex-col overflow-clip rounded-float bg-bg-float shadow-float"
      >
        <div className="flex h-11 shrink-0 items-center gap-2.5 border-b border-line px-3.5">
          <Search aria-hidden size={15} />
          {scope ? (
            <span className="rounded-control border border-line-strong px-1.5 py-0.5 text-second">{scope}</span>
          ) : null}
          <input
            ref={input}
            role="combobox"
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={entries[current] ? `palette-${String(current)}` : undefined}
            aria-label={m("palette")}
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setText(event.target.value);
              setAt(0);
            }}
            className="min-w-0 flex-1 bg-transparent text-dialog outline-none"
          />
          {scope ? <span className="text-hint text-ink-3">{m("palette.leave", { name: scope })}</span> : null}
        </div>
        <div ref={list} id="palette-list" role="listbox" aria-label={m("palette")} className="min-h-0 flex-1 overflow-y-auto py-1">
          {entries.length === 0 ? (
            <div className="px-3.5 py-4">
              <p className="font-medium">{m("palette.nothing", { text })}</p>
              <p className="text-ink-2">{m("palette.nothing.body")}</p>
            </div>
          ) : null}
          {entries.map((entry, index) => {
            const Icon = entry.icon;
            const first = index === 0 || entries[index - 1]?.group !== entry.group;
            return (
              <div key={entry.id} role="presentation">
                {first ? <div className="px-3.5 pt-1.5 pb-1 text-hint text-ink-3">{entry.group}</div> : null}
                <div
                  id={`palette-${String(index)}`}
                  role="option"
                  aria-selected={index === current}
                  aria-disabled={entry.disabled !== undefined}
                  onPointerMove={() => setAt(index)}
                  onClick={() => run(entry)}
                  className={cx(
                    "flex h-[30px] cursor-default items-center gap-2.5 px-3.5",
                    index === current && "bg-bg-active",
                    entry.disabled !== undefined && "text-ink-3",
                  )}
                >
                  <Icon aria-hidden size={14} className="text-ink-2" />
                  <span className="shrink-0">
                    <Marked text={entry.label} ranges={entry.match.ranges} />
                  </span>
                  <span className="min-w-0 flex-1 truncate text-second text-ink-3">{entry.detail}</span>
                  <span className="text-second text-ink-2">{entry.right}</span>
                </div>
              </div>
            );
          })}
        </div>
        <div className="flex h-8 shrink-0 items-center gap-4 border-t border-line bg-bg-sunk px-3.5 text-second text-ink-2">
          <span>{m("palette.move", { keys: "↑ ↓" })}</span>
          <span>{m("palette.run", { keys: formatKeys("Enter") })}</span>
          <span className="flex-1" />
          <span>{m("palette.commands", { sign: ">" })}</span>
        </div>
      </div>
    </div>
  );
}
