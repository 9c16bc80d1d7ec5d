import type { ExistingTable } from "@plinth/sdk";
import { Key } from "lucide-react";
import { cx } from "@/kit/cx";
import { Note } from "@/kit/states";
import { readType, typeText } from "@/lib/fields";
import { told } from "@/lib/told";
import { t } from "./messages";
import { sentence, shownCount } from "./words";

/** One table: what stands against it, what its columns become, and where it leads. */
export function TableDetails({ table }: { table: ExistingTable }) {
  const head = "h-8 border-b border-line-strong px-3 text-left font-medium text-ink-2";
  return (
    <section aria-label={t("details", { name: table.name })} className="flex min-h-0 min-w-0 flex-1 flex-col overflow-auto max-[760px]:flex-none" data-region="" tabIndex={0}>
      <header className="flex min-h-10 shrink-0 flex-wrap content-center items-baseline gap-x-3 border-b border-line px-4 py-2">
        <h2 className="min-w-0 truncate text-title font-semibold">{table.name}</h2>
        <span className="text-second text-ink-2">{t(`kind.${table.kind}`)}</span>
        <span className="text-second text-ink-3">
          {table.rows === undefined ? t("rows.unknown") : t("rows", { count: table.rows })}
        </span>
      </header>
      {table.reasons.length > 0 ? (
        <Note kind="warn" className="m-4 mb-0">
          <p className="font-medium text-ink">{t("cannotBe", { name: table.name })}</p>
          {table.reasons.map((reason) => (
            <p key={`${reason.code} ${reason.field ?? ""}`}>{sentence(reason.message)}</p>
          ))}
        </Note>
      ) : null}
      {table.columns.length > 0 ? (
        <>
          <h3 className="px-4 pt-4 pb-1 font-semibold">{t("fields")}</h3>
          <table aria-label={t("fields")} className="w-full border-collapse">
            <thead>
              <tr>
                <th scope="col" className={cx(head, "pl-4")}>{t("column")}</th>
                <th scope="col" className={head}>{t("declared")}</th>
                <th scope="col" className={head}>{t("field")}</th>
                <th scope="col" className={cx(head, "w-1/2 pr-4")}>{t("note")}</th>
              </tr>
            </thead>
            <tbody>
              {table.columns.map((column) => (
                <tr key={column.name} className="border-b border-line-2 align-top">
                  <td className="max-w-60 truncate py-1.5 pl-4 font-medium">
                    {column.name}
                    {column.primaryKey ? <Key aria-label={t("key")} size={12} className="ml-1.5 inline text-ink-3" /> : null}
                  </td>
                  <td className="max-w-50 truncate px-3 py-1.5 font-mono text-second text-ink-2">{column.declared}</td>
                  <td className={cx("px-3 py-1.5 whitespace-nowrap", column.type === undefined && "text-ink-3")}>
                    {column.type === undefined ? t("notShown") : typeText(readType(column.type))}
                    {column.readOnly ? <span className="ml-1.5 text-second text-ink-3">{t("readOnly")}</span> : null}
                  </td>
                  <td className="py-1.5 pr-4 pl-3 text-second text-ink-2">{column.note === undefined ? null : sentence(told(column.note, { to: column.type }))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : null}
      {table.relations.length > 0 ? (
        <div className="px-4 pt-4">
          <h3 className="font-semibold">{t("relations")}</h3>
          <p className="text-second text-ink-3">{t("relations.note")}</p>
          <ul className="mt-1">
            {table.relations.map((relation) => (
              <li key={relation.name} className="py-0.5 text-ink-2">
                {t("relation", { name: relation.name, target: relation.target, by: relation.by })}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {table.notes.length > 0 ? (
        <div className="px-4 pt-4">
          <h3 className="font-semibold">{t("notes")}</h3>
          <ul className="mt-1 text-ink-2">
            {table.notes.map((note) => (
              <li key={`${note.code} ${note.field ?? ""}`} className="py-0.5">
                {sentence(note.message)}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <div className="min-h-4 shrink-0" aria-hidden />
      <span className="sr-only">{t("columns", { count: shownCount(table) })}</span>
    </section>
  );
}
