/** A few of the rows that come within reach, and of those that leave it. */
import { BooleanValue, CodeValue, EmptyText, NullValue, TextValue, UnitValue } from "@/kit/GridCell";
import { cx } from "@/kit/cx";
import type { CollectionInfo, FieldInfo } from "@/lib/fields";
import { rightAligned, show } from "@/lib/values";
import { fromWire } from "@/lib/wire";
import { sampleColumns, shortName, type SampleRow } from "./impact";
import { t } from "./messages";

/** More than this is never put into a cell. */
const SHOWN = 120;

export function ImpactSample({ id, collection, sample }: { id: string; collection: CollectionInfo; sample: readonly SampleRow[] }) {
  const columns = sampleColumns(collection);
  return (
    <table id={id} aria-label={t("sample.label", { name: shortName(collection.name) })} className="mt-2 w-full table-fixed border-separate border-spacing-0 border-y border-line bg-bg-page text-second">
      <thead>
        <tr className="h-6">
          <td className="w-6 border-b border-line" />
          {columns.map((field) => (
            <th key={field.name} scope="col" translate="no" title={field.name} className={cx("truncate border-b border-line px-2 font-medium", rightAligned(field) ? "text-right" : "text-left", field.primaryKey && field.type.kind === "int" && "w-20")}>
              {field.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sample.map(({ gained, row }, at) => (
          <tr key={at} className="h-6">
            <th scope="row" className="border-b border-line-2 text-center font-semibold">
              <span aria-hidden>{gained ? "+" : "−"}</span>
              <span className="sr-only">{gained ? t("sample.gained") : t("sample.lost")}</span>
            </th>
            {columns.map((field) => (
              <td key={field.name} translate="no" className={cx("max-w-0 border-b border-line-2 px-2", rightAligned(field) && "text-right", !gained && "text-ink-3")}>
                <SampleValue field={field} raw={row[field.name]} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SampleValue({ field, raw }: { field: FieldInfo; raw: unknown }) {
  const value = fromWire(field.type, raw);
  switch (value.s) {
    // What was not sent has no value here.
    case "default":
    case "null":
    case "json-null":
      return <NullValue />;
    case "empty":
      return <EmptyText />;
    case "value": {
      if (field.type.kind === "bool") return <BooleanValue value={value.v === "true"} />;
      const { text, after } = show(field.type, value);
      const told = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
      const { kind } = field.type;
      return (
        <span className="flex min-w-0 *:min-w-0" title={after === undefined ? told : `${told} ${after}`}>
          <span className={cx("flex min-w-0 flex-1", rightAligned(field) && "justify-end")}>
            {kind === "uuid" || kind === "json" ? <CodeValue>{told}</CodeValue> : after === undefined ? <TextValue>{told}</TextValue> : <UnitValue value={told} unit={after} />}
          </span>
        </span>
      );
    }
  }
}
