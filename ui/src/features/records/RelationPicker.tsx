import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLeaving } from "@/kit/leave";
import { faultOf, keys, type Connection } from "@/lib/client";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { typeLabel } from "@/lib/fields";
import type { RawRow } from "@/lib/rows";
import { NULL, parse } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { plain } from "./CellView";
import type { EditorProps, Move } from "./CellEditor";
import { NoValue } from "./CellEditor";
import { Floating, type Anchor } from "./Floating";
import { ListBox } from "./ListBox";
import { m } from "./messages";
import { useConnection } from "./session";

const SHOWN = 20;

function textOf(field: FieldInfo | undefined, row: RawRow): string {
  if (!field) return "";
  const value = fromWire(field.type, row[field.name]);
  return value.s === "null" ? "" : plain(field, value);
}

/** The field a to-one relation points at. */
export function keyField(target: CollectionInfo): FieldInfo | undefined {
  return target.fields.find((field) => field.name === target.primaryKey);
}

/** What stands for a related row: what the relation says, a key that is a word, or the row's name. */
export function displayField(target: CollectionInfo, showAs?: string): FieldInfo | undefined {
  const key = keyField(target);
  if (showAs === undefined && key?.type.kind === "text" && key.type.name !== "SUID") return key;
  const wanted = showAs !== undefined && target.fields.some((field) => field.name === showAs) ? showAs : target.display;
  return target.fields.find((field) => field.name === wanted) ?? keyField(target);
}

async function search(
  connection: Connection,
  target: CollectionInfo,
  display: FieldInfo,
  text: string,
  signal: AbortSignal,
): Promise<readonly RawRow[]> {
  const wanted = text.trim();
  const key = keyField(target);
  const conditions: Record<string, unknown>[] = [];
  if (wanted !== "") {
    if (display.type.kind === "text") conditions.push({ [display.name]: { icontains: wanted } });
    else {
      const read = parse(display.type, wanted);
      if (read.ok && read.value.s === "value") conditions.push({ [display.name]: { eq: read.value.v } });
    }
    if (key && key.name !== display.name) {
      const read = parse(key.type, wanted);
      if (read.ok && read.value.s === "value") conditions.push({ [key.name]: { eq: read.value.v } });
    }
    if (conditions.length === 0) return [];
  }
  const page = await connection.page(
    {
      collection: target.name,
      fields: [...new Set([target.primaryKey, display.name, ...second(target, display).map((f) => f.name)])],
      sort: display.name === target.primaryKey ? [target.primaryKey] : [display.name, target.primaryKey],
      ...(conditions.length === 0 ? {} : { filter: conditions.length === 1 ? conditions[0] : { OR: conditions } }),
    },
    { page: 0, offset: 0, limit: SHOWN, count: "none", signal },
  );
  return page.rows;
}

/** One more field that tells rows of the same name apart. */
function second(target: CollectionInfo, display: FieldInfo): readonly FieldInfo[] {
  const found = target.fields.find(
    (field) =>
      field.name !== display.name && !field.primaryKey && field.relation === null && !field.hidden && !field.computed &&
      (field.type.kind === "text" || field.type.kind === "enum") && field.type.long !== true,
  );
  return found ? [found] : [];
}

/** Searches on the server, twenty at a time, so that a target of a million rows costs the same. With an anchor it is the card of a cell. */
export function RelationPicker(props: EditorProps & { anchor?: Anchor }) {
  const { anchor, field, value, typed, target, label, onStage } = props;
  const connection = useConnection();
  const first = typed ?? props.invalidText ?? "";
  const [text, setText] = useState(first);
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), 150);
    return () => clearTimeout(timer);
  }, [text]);
  const display = target && displayField(target, field.relation?.showAs);
  const found = useQuery({
    queryKey: keys.search(connection, target?.name ?? "", asked),
    queryFn: ({ signal }) => (target && display ? search(connection, target, display, asked, signal) : []),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
  const key = target && keyField(target);
  /** What is typed and names a row stages it; anything else stays in the cell with its reason. */
  function leave(move: Move): void {
    if (!anchor) return;
    const wanted = text.trim();
    if (wanted === "" || (typed === undefined && text === first)) {
      props.onCancel();
      return;
    }
    const named = (found.data ?? []).filter((row) => textOf(key, row) === wanted || textOf(display, row) === wanted);
    const [row] = named;
    const read = row && named.length === 1 ? parse(field.type, textOf(key, row)) : null;
    if (row && read?.ok) onStage(read.value, move, textOf(display, row));
    else props.onInvalid(wanted, { code: "no-such-row", args: { value: wanted } });
  }
  useLeaving(() => leave("stay"));
  if (!target || !display) return null;
  const aside = second(target, display)[0];
  const choices = (found.data ?? []).map((row) => ({
    value: textOf(key, row),
    label: textOf(display, row) || textOf(key, row),
    text: textOf(display, row),
    detail: aside ? textOf(aside, row) : key && key.name !== display.name ? textOf(key, row).slice(0, 8) : typeLabel(display),
  }));
  const body = (
    <div
      onKeyDown={(event) => {
        if (event.key === "Escape" && anchor) {
          event.preventDefault();
          event.stopPropagation();
          props.onCancel();
        } else if (event.key === "Backspace" && (event.ctrlKey || event.metaKey) && field.nullable) {
          event.preventDefault();
          onStage(NULL, "stay");
        } else if (event.key === "Tab" && anchor) {
          event.preventDefault();
          leave(event.shiftKey ? "previous" : "next");
        }
      }}
    >
      <ListBox
        label={label}
        placeholder={m("edit.find", { collection: target.name })}
        initialText={first}
        current={value.s === "value" ? value.v : undefined}
        choices={choices}
        onText={setText}
        onChoose={(chosen) => {
          const row = choices.find((choice) => choice.value === chosen);
          const read = parse(field.type, chosen);
          if (read.ok) onStage(read.value, "stay", row?.label);
        }}
        empty={
          found.error
            ? m("edit.search.failed", { reason: faultOf(found.error).message })
            : found.isFetching
              ? m("edit.finding")
              : m("edit.nothingFound", { collection: target.name })
        }
        footer={
          choices.length < SHOWN && !field.nullable && !props.canDefault ? undefined :
          <div className="flex flex-col items-start gap-1">
            {choices.length < SHOWN ? null : <span>{m("edit.first20")}</span>}
            <NoValue {...props} />
          </div>
        }
      />
    </div>
  );
  return anchor ? (
    <Floating anchor={anchor} label={label} onClose={() => leave("stay")}>
      {body}
    </Floating>
  ) : (
    body
  );
}
