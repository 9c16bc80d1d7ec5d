import { memo, type ReactNode } from "react";
import {
  BooleanValue,
  CodeValue,
  ConflictValue,
  DefaultValue,
  EmptyText,
  EnumValue,
  InvalidValue,
  NullValue,
  SWATCHES,
  TextValue,
  UnitValue,
  WasValue,
} from "@/kit/GridCell";
import { isWorkedOut, type FieldInfo } from "@/lib/fields";
import { sizeText } from "@/lib/sizes";
import { parse, show, type Value } from "@/lib/values";
import { isLiteral } from "./grid/take";
import type { Invalid } from "./held";
import { m } from "./messages";
import { problemText } from "./words";

/** More than this is never put into a cell; the peek and the editor hold the whole. */
const SHOWN = 256;

function swatchOf(field: FieldInfo, text: string): string | undefined {
  const at = field.type.options?.indexOf(text) ?? -1;
  return at < 0 ? undefined : SWATCHES[at % SWATCHES.length];
}

/** The picture of one value. Staged, invalid and conflicting values are pictures of two. */
export const CellView = memo(function CellView({
  field,
  value,
  label,
  was,
  wasLabel,
  theirs,
  invalid,
  roomy,
}: {
  field: FieldInfo;
  value: Value;
  /** The name of the related row, for a relation. */
  label?: string | undefined;
  was?: Value | undefined;
  wasLabel?: string | undefined;
  theirs?: Value | undefined;
  invalid?: Invalid | undefined;
  /** Wide enough to show the old value beside the new one. */
  roomy?: boolean | undefined;
}) {
  if (invalid) return <InvalidValue reason={problemText(invalid.problem)}>{invalid.text}</InvalidValue>;
  const now = picture(field, value, label);
  if (theirs) return <ConflictValue mine={plain(field, value, label)} theirs={roomy ? plain(field, theirs) : ""} />;
  if (was && roomy && was.s !== "default") return <WasValue was={plain(field, was, wasLabel)}>{now}</WasValue>;
  return now;
});

/** A value in words only, for struck-out text, tooltips and the clipboard of a sentence. */
export function plain(field: FieldInfo, value: Value, label?: string): string {
  switch (value.s) {
    case "null":
      return "NULL";
    case "json-null":
      return "null";
    case "empty":
      return "''";
    case "default":
      return isWorkedOut(field) ? m("grid.workedOut") : (field.defaultText ?? "NULL");
    case "value": {
      if (label !== undefined) return label;
      const shown = show(field.type, value);
      const text = shown.after ? `${shown.text} ${shown.after}` : shown.text;
      return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
    }
  }
}

function picture(field: FieldInfo, value: Value, label: string | undefined): ReactNode {
  switch (value.s) {
    case "null":
      return <NullValue />;
    case "empty":
      return <EmptyText />;
    case "json-null":
      return <CodeValue>{"null"}</CodeValue>;
    case "default":
      if (isWorkedOut(field)) return <Quiet>{m("grid.workedOut")}</Quiet>;
      if (field.primaryKey && field.defaultText !== null) return <Quiet>{m("grid.auto")}</Quiet>;
      if (field.defaultText !== null) {
        // A literal default is known already: it shows as the value it will be, but not as one that stands.
        const literal = parse(field.type, field.defaultText);
        if (!literal.ok || literal.value.s !== "value") return <DefaultValue value={field.defaultText} />;
        if (!isLiteral(field)) return <DefaultValue value={field.defaultText} />;
        return (
          <span className="flex min-w-0 items-center text-ink-2 italic" title={m("edit.default")}>
            {picture(field, literal.value, undefined)}
          </span>
        );
      }
      return field.nullable ? <NullValue /> : <Quiet>{m("grid.required")}</Quiet>;
    case "value":
      break;
  }
  if (field.relation) return <TextValue>{label ?? value.v}</TextValue>;
  switch (field.type.kind) {
    case "bool":
      return <BooleanValue value={value.v === "true"} />;
    case "enum":
      return <EnumValue value={value.v} swatch={swatchOf(field, value.v)} />;
    case "json":
    case "array":
    case "range":
    case "geo":
      return <Code text={value.v} />;
    case "binary": {
      const bytes = Math.floor((value.v.replace(/=+$/, "").length * 3) / 4);
      return <CodeValue size={sizeText(bytes)}>{value.v.slice(0, 64)}</CodeValue>;
    }
    case "instant":
    case "timetz":
    case "datetime":
    case "decimal": {
      const shown = show(field.type, value);
      return <UnitValue value={shown.text} unit={shown.after} />;
    }
    case "uuid":
      return <CodeValue>{value.v}</CodeValue>;
    case "text":
    case "int":
    case "float":
    case "date":
    case "time":
    case "unknown":
      return <TextValue>{value.v.length > SHOWN ? value.v.slice(0, SHOWN) : value.v}</TextValue>;
  }
}

function Code({ text }: { text: string }) {
  const cut = text.length > SHOWN;
  return <CodeValue {...(cut ? { size: sizeText(text.length) } : {})}>{cut ? text.slice(0, SHOWN) : text}</CodeValue>;
}

function Quiet({ children }: { children: ReactNode }) {
  return <span className="truncate text-ink-3 italic">{children}</span>;
}

/** Where the picture stands in its cell. */
export function alignOf(field: FieldInfo): "left" | "right" | "center" {
  if (field.relation) return "left";
  switch (field.type.kind) {
    case "bool":
      return "center";
    case "int":
    case "decimal":
    case "float":
      return "right";
    case "text":
    case "enum":
    case "date":
    case "instant":
    case "datetime":
    case "time":
    case "timetz":
    case "uuid":
    case "json":
    case "array":
    case "range":
    case "geo":
    case "binary":
    case "unknown":
      return "left";
  }
}
