import { useQuery } from "@tanstack/react-query";
import { ChartColumn, Copy, Ellipsis, Table2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { IconButton } from "@/kit/Button";
import { cx } from "@/kit/cx";
import { Menu, type MenuEntries } from "@/kit/Menu";
import { ErrorBand, Loading } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, type Connection } from "@/lib/client";
import type { CollectionInfo } from "@/lib/fields";
import { clockSeconds } from "@/lib/moments";
import { Chart } from "./Chart";
import { digitsOf, exactTitle, tableText } from "./exact";
import { r } from "./messages";
import { cutOf, missingField, pointsOf, timedBy, valueText, type Point, type Report, type Words } from "./report";
import { answerQuery } from "./store";

const PART = { year: "part.year", quarter: "part.quarter", month: "part.month", day: "part.day", isodow: "part.isodow", hour: "part.hour" } as const;
const FUNCTION = { count: "function.count", sum: "function.sum", avg: "function.avg", min: "function.min", max: "function.max", distinct: "function.distinct" } as const;

const CUT = { latest: "cut.latest", largest: "cut.largest", first: "cut.first" } as const;

const words = (): Words => ({
  nothing: r("nothing"),
  weekdays: [r("weekday.1"), r("weekday.2"), r("weekday.3"), r("weekday.4"), r("weekday.5"), r("weekday.6"), r("weekday.7")],
});

const valueWord = ({ measure }: Report): string => (measure.field === "*" ? r("value.count") : r("value.of", { function: r(FUNCTION[measure.function]), field: measure.field }));
const keyWord = (key: Report["by"][number]): string => (key.part ? r("by.part", { field: key.field, part: r(PART[key.part]) }) : key.field);

/** Every value of the answer, for who wants them exactly. */
function Values({ report, points }: { report: Report; points: readonly Point[] }) {
  const cell = "h-6 border-b border-line-2 px-2 first:pl-0 last:pr-0";
  return (
    <div className="max-h-72 overflow-auto" role="region" tabIndex={0} aria-label={r("asTable", { name: report.name })}>
      <table className="w-full border-collapse">
        <thead>
          <tr>
            {report.by.map((key) => (
              <th key={`${key.field} ${key.part ?? ""}`} scope="col" className={cx(cell, "border-line-strong! text-left font-medium text-ink-2")}>
                {keyWord(key)}
              </th>
            ))}
            <th scope="col" className={cx(cell, "border-line-strong! text-right font-medium text-ink-2")}>
              {valueWord(report)}
            </th>
          </tr>
        </thead>
        <tbody>
          {points.map((point, index) => (
            <tr key={index}>
              {point.label.map((label, at) => (
                <td key={at} data-cell="" className={cx(cell, "max-w-60 truncate")} title={label}>
                  {label}
                </td>
              ))}
              <td data-cell="" data-exact={point.text} title={exactTitle(point)} className={cx(cell, "text-right")}>
                {valueText(point)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One report on the dashboard: its name, its answer, and when that was asked. */
export function ReportCard({ report, connection, find, entries, current }: {
  report: Report;
  connection: Connection;
  find: (name: string) => CollectionInfo | undefined;
  entries: MenuEntries;
  /** It is the one that is being edited. */
  current: boolean;
}) {
  const collection = find(report.collection);
  const lost = collection ? missingField(report, collection, find) : null;
  const answer = useQuery({ ...answerQuery(connection, report, collection, find), ...(lost === null ? {} : { enabled: false }) });
  const points = useMemo(() => (answer.data ? pointsOf(report, answer.data, words(), digitsOf(report, collection, find)) : null), [answer.data, report, collection, find]);
  const left = answer.data ? cutOf(report, answer.data) : null;
  const cut = left === null ? null : r(CUT[left], { count: report.limit });
  // The one that is made or changed is looked at, wherever the dashboard was scrolled to.
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = card.current;
    if (!current || !element) return undefined;
    // Its answer makes it higher, and so does another look.
    const watch = new ResizeObserver(() => element.scrollIntoView({ block: "nearest" }));
    watch.observe(element);
    return () => watch.disconnect();
  }, [current]);
  const [table, setTable] = useState(false);
  const drawn = report.look !== "number" && report.look !== "table";
  const title = report.name === "" ? r("new") : report.name;
  const asks = `${report.by.length === 0 ? valueWord(report) : r("by", { value: valueWord(report), by: report.by.map(keyWord).join(", ") })} · ${report.collection}`;
  const timed = collection ? timedBy(report, collection, find) : null;
  const asked = clockSeconds(answer.dataUpdatedAt);
  const copy = async () => {
    const head = [...report.by.map(keyWord), valueWord(report)];
    try {
      await navigator.clipboard.writeText(tableText(head, points ?? []));
      toast({ kind: "done", text: r("copied", { count: points?.length ?? 0 }) });
    } catch (error) {
      // A page from another machine without TLS has no clipboard.
      toast({ kind: "failed", text: r("copy.failed", { reason: error instanceof Error ? error.message : "" }) });
    }
  };
  return (
    <section
      ref={card}
      aria-label={title}
      className={cx(
        "@container flex min-w-0 scroll-my-5 flex-col rounded-control border bg-bg-page",
        current ? "border-ink outline-1 outline-ink outline-solid" : "border-line-strong",
        report.size === "whole" ? "col-span-full" : report.size === "wide" ? "col-span-2 @max-[760px]:col-span-full" : "",
      )}
    >
      <header className="flex h-10 shrink-0 items-center gap-1 pr-2 pl-4">
        <h2 className="min-w-0 flex-1 truncate font-semibold" title={title}>
          {title}
        </h2>
        {drawn ? <IconButton icon={table ? ChartColumn : Table2} iconSize={14} label={table ? r("asChart", { name: title }) : r("asTable", { name: title })} onClick={() => setTable(!table)} /> : null}
        <Menu align="end" trigger={<IconButton icon={Ellipsis} iconSize={14} label={r("more", { name: title })} />} entries={points === null || points.length === 0 ? entries : [{ label: r("copy"), icon: Copy, onSelect: () => void copy() }, ...entries]} />
      </header>
      <div className="min-h-24 flex-1 px-4 pb-3">
        {collection === undefined ? (
          <p className="text-second text-warn">{r("answer.collection", { name: report.collection })}</p>
        ) : lost !== null ? (
          <p className="text-second text-warn">{r("answer.field", { collection: report.collection, field: lost })}</p>
        ) : answer.error ? (
          <ErrorBand title={r("answer.failed")} details={answer.error.message}>
            {faultOf(answer.error).message}
          </ErrorBand>
        ) : points === null ? (
          <Loading what={r("asking", { name: title })} columns={[80, 160]} rows={3} />
        ) : points.length === 0 ? (
          <p className="text-second text-ink-3">{r("answer.none")}</p>
        ) : report.look === "number" ? (
          <p className="flex items-baseline gap-2">
            {points[0] ? (
              <span data-cell="" data-exact={points[0].text} title={exactTitle(points[0])} className="text-verdict font-semibold">
                {valueText(points[0])}
              </span>
            ) : null}
            {report.measure.field === "*" ? <span className="text-second text-ink-3">{r("unit.rows", { count: points[0]?.amount ?? 0 })}</span> : null}
          </p>
        ) : table || !drawn ? (
          <Values report={report} points={points} />
        ) : (
          <Chart look={report.look} points={points} cut={cut} />
        )}
      </div>
      <footer className="flex h-7 shrink-0 items-center gap-3 border-t border-line-2 px-4 text-hint text-ink-3">
        <span className="min-w-0 flex-1 truncate" title={timed === null ? asks : `${asks} · ${r("timed", { field: timed })}`}>
          {asks}
          {timed === null ? null : ` · ${r("timed", { field: timed })}`}
        </span>
        {cut === null ? null : <span className="shrink-0 font-medium text-ink-2">{cut}</span>}
        {answer.dataUpdatedAt > 0 ? <span className={cx("shrink-0", cut !== null && "@max-[320px]:hidden")}>{r("asked", { time: asked })}</span> : null}
      </footer>
    </section>
  );
}
