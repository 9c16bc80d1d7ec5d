/** What a field takes of a cell that is pasted, and what cannot be taken, kept for the report. */
import type { FieldInfo } from "@/lib/fields";
import { emptyOf, NULL, parse, validate, type Problem, type Value } from "@/lib/values";
import type { ClipCell } from "./clipboard";

/** One cell that kept its value, and why. */
export interface Left {
  readonly rowId: string | null;
  /** How the row is called in a sentence. */
  readonly row: string;
  readonly field: string;
  /** What should have come there. */
  readonly text: string;
  readonly reason: string;
}

export type Deed = "paste" | "fill" | "clear" | "cut";

/** What became of a change of many cells. */
export interface Report {
  readonly deed: Deed;
  readonly staged: number;
  readonly left: readonly Left[];
  /** Lines and columns of the sheet that lie beyond the grid. */
  readonly beyondRows: number;
  readonly beyondCols: number;
}

export type Taken =
  | { readonly ok: true; readonly value: Value; readonly label?: string | undefined }
  | { readonly ok: false; readonly problem: Problem };

/** A value from a field of the same kind is taken as it is; everything else is read as text. */
export function take(field: FieldInfo, cell: ClipCell, isNew: boolean): Taken {
  const given = ownValue(field, cell, isNew) ?? read(field, cell.text);
  if (!given.ok) return given;
  const problem = validate(field, given.value);
  if (problem) return { ok: false, problem };
  return cell.label !== undefined && field.relation && given.value.s === "value" ? { ...given, label: cell.label } : given;
}

function ownValue(field: FieldInfo, { kind, value }: ClipCell, isNew: boolean): Taken | null {
  if (value === undefined || kind === undefined) return null;
  if (value.s === "null") return field.nullable ? { ok: true, value } : null;
  // Only a row that is not made yet can leave a value to its default.
  if (value.s === "default") return isNew ? { ok: true, value } : null;
  return kind === field.type.kind ? { ok: true, value } : null;
}

/** Nothing in a sheet is NULL where the field can be NULL and cannot be empty. */
function read(field: FieldInfo, text: string): Taken {
  if (text === "" && field.nullable && emptyOf(field.type)?.s !== "empty") return { ok: true, value: NULL };
  const parsed = parse(field.type, text);
  // Sheets write numbers in groups; the groups are no digits.
  if (!parsed.ok && /^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text.trim())) {
    const plain = parse(field.type, text.trim().replaceAll(",", ""));
    if (plain.ok) return plain;
  }
  return parsed;
}

/** What a field's default is for this row; a stored row takes only a default that is a plain value. */
export function defaultOf(field: FieldInfo, isNew: boolean): Value | null {
  const { defaultText } = field;
  if (defaultText === null) return field.nullable ? NULL : null;
  if (isNew) return { s: "default" };
  const parsed = isLiteral(field) ? parse(field.type, defaultText) : null;
  return parsed?.ok === true ? parsed.value : null;
}

/** Text would take `now()` for a word; only types that cannot are trusted to tell. */
export function isLiteral(field: FieldInfo): boolean {
  const { kind } = field.type;
  const text = field.defaultText ?? "";
  if (kind === "text" || kind === "unknown") return !/[()]/.test(text) && text !== "current user" && text !== "current tenant" && text !== "auto";
  return kind !== "json" && kind !== "array";
}

/** What stays of a value that is cut out: NULL, else nothing, else the default. */
export function clearedOf(field: FieldInfo, isNew: boolean): Value | null {
  if (isNew && field.defaultText !== null) return { s: "default" };
  if (field.nullable) return NULL;
  return emptyOf(field.type) ?? defaultOf(field, isNew);
}
