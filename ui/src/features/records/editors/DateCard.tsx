import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/kit/Button";
import { cx } from "@/kit/cx";
import type { FieldInfo } from "@/lib/fields";
import { Floating, type Anchor } from "../Floating";
import { addMonths, dayIn, monthOf, nowAs, storedAs, weeksOf, withDay, type Clocked, type Month } from "./calendar";
import { e } from "./messages";

/** Minutes east of UTC on this computer's clock now, told by the formatter in words. */
function localOffset(epoch: number): number {
  const zone = new Intl.DateTimeFormat("en", { timeZoneName: "longOffset" }).formatToParts(epoch).find((part) => part.type === "timeZoneName")?.value ?? "";
  const found = /([+-])(\d{2}):(\d{2})/.exec(zone);
  if (!found) return 0;
  const minutes = parseInt(found[2] ?? "0", 10) * 60 + parseInt(found[3] ?? "0", 10);
  return found[1] === "-" ? -minutes : minutes;
}

/**
 * The month of the date that is typed above it. The keyboard stays in the cell: the card follows
 * what is typed, and a press on a day types that day.
 */
export function DateCard({ anchor, field, kind, text, problem, onText }: { anchor: Anchor; field: FieldInfo; kind: Clocked; text: string; problem: string | null; onText: (text: string) => void }) {
  const epoch = performance.timeOrigin + performance.now();
  const day = dayIn(kind, text);
  const today = dayIn("date", nowAs("date", epoch, localOffset(epoch)));
  const typed = day ?? today;
  const [turned, setTurned] = useState<{ from: string; month: Month } | null>(null);
  // A month that was turned to stays until another day is typed.
  const month = turned && turned.from === String(day) ? turned.month : typed ? monthOf(typed) : { year: 2000, month: 1 };
  const turn = (by: number): void => {
    const first = weeksOf(month)[1]?.[0]?.date;
    if (first) setTurned({ from: String(day), month: monthOf(addMonths(first, by)) });
  };
  const stored = storedAs(kind, text);
  return (
    <Floating passive anchor={anchor} label={e("date.calendar", { field: field.name })} onClose={() => undefined} className="w-[284px]">
      {/* A press here must not take the keyboard out of the cell. */}
      <div className="flex flex-col gap-1.5 p-2" onMouseDown={(event) => event.preventDefault()}>
        {problem === null ? null : (
          <p role="alert" className="border-l-2 border-bad px-2 text-second text-bad">
            {problem}
          </p>
        )}
        <div className="flex items-center gap-1">
          <span aria-live="polite" className="min-w-0 flex-1 px-1 font-medium">
            {e("date.month", { month: e(`month.${month.month}` as "month.1"), year: String(month.year) })}
          </span>
          <IconButton small tabIndex={-1} icon={ChevronLeft} label={e("date.earlier")} onClick={() => turn(-1)} />
          <IconButton small tabIndex={-1} icon={ChevronRight} label={e("date.later")} onClick={() => turn(1)} />
        </div>
        <div role="grid" aria-label={e("date.month", { month: e(`month.${month.month}` as "month.1"), year: String(month.year) })} className="flex flex-col">
          <div role="row" className="grid grid-cols-7 text-center text-hint text-ink-3">
            {([1, 2, 3, 4, 5, 6, 7] as const).map((n) => (
              <span key={n} role="columnheader">
                {e(`day.${n}`)}
              </span>
            ))}
          </div>
          {weeksOf(month).map((week) => (
            <div key={week[0]?.date} role="row" className="grid grid-cols-7">
              {week.map((entry) => (
                <button
                  key={entry.date}
                  type="button"
                  role="gridcell"
                  tabIndex={-1}
                  aria-label={entry.date}
                  aria-selected={entry.date === day}
                  aria-current={entry.date === today ? "date" : undefined}
                  onClick={() => onText(withDay(kind, text, entry.date))}
                  className={cx(
                    "h-[26px] rounded-control tabular-nums hover:bg-bg-hover",
                    !entry.own && "text-ink-3",
                    entry.date === today && "font-semibold underline underline-offset-2",
                    entry.date === day && "bg-bg-active font-semibold outline-2 -outline-offset-2 outline-ink outline-solid",
                  )}
                >
                  {entry.day}
                </button>
              ))}
            </div>
          ))}
        </div>
        <div className="flex items-center gap-2 border-t border-line pt-1.5">
          <span className="min-w-0 flex-1 px-1 text-hint text-ink-3">{kind === "date" ? e("date.keys") : e("date.keys.time")}</span>
          <Button size="small" tabIndex={-1} onClick={() => onText(nowAs(kind, epoch, localOffset(epoch)))}>
            {kind === "date" ? e("date.today") : e("date.now")}
          </Button>
        </div>
        {stored === null ? null : <p className="px-1 text-hint text-ink-2">{e("date.utc", { text: stored })}</p>}
      </div>
    </Floating>
  );
}
