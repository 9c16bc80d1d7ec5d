import { X } from "lucide-react";
import { IconButton } from "@/kit/Button";
import { g } from "./grid/messages";
import type { Left, Report } from "./grid/take";

/** So many lines are drawn; more of them would say the same. */
const SHOWN = 200;

/** Cells that kept their value when many were changed at once: which, what came for them, and why. */
export function LeftOut({ report, onGo, onClose }: { report: Report; onGo: (left: Left) => void; onClose: () => void }) {
  const { left, staged, beyondRows, beyondCols } = report;
  const title = left.length > 0 ? g(`report.title.${report.deed}`, { count: left.length }) : g("report.beyond");
  const more = left.length - SHOWN;
  return (
    <section aria-label={title} className="flex max-h-[274px] shrink-0 flex-col border-t border-line bg-bg-sunk">
      <header className="flex h-8 shrink-0 items-center gap-2 px-3">
        <h2 className="font-semibold">{title}</h2>
        <span role="status" className="min-w-0 flex-1 truncate text-second text-ink-2">
          {staged > 0 ? g("report.staged", { count: staged }) : g("report.staged.none")}
        </span>
        <IconButton small icon={X} label={g("report.close")} keys="Escape" onClick={onClose} />
      </header>
      {beyondRows > 0 ? <p className="px-3 pb-1 text-second">{g("report.beyondRows", { count: beyondRows })}</p> : null}
      {beyondCols > 0 ? <p className="px-3 pb-1 text-second">{g("report.beyondCols", { count: beyondCols })}</p> : null}
      {left.length > 0 ? (
        <div className="min-h-0 flex-1 overflow-auto pb-2">
          <table className="w-full max-w-[960px] table-fixed border-collapse text-left">
            <thead className="sticky top-0 bg-bg-sunk text-second text-ink-3">
              <tr>
                <th className="w-[22%] px-3 py-1 font-normal">{g("report.row")}</th>
                <th className="w-[18%] px-3 py-1 font-normal">{g("report.field")}</th>
                <th className="w-[24%] px-3 py-1 font-normal">{g("report.text")}</th>
                <th className="px-3 py-1 font-normal">{g("report.reason")}</th>
              </tr>
            </thead>
            <tbody>
              {left.slice(0, SHOWN).map((entry, index) => (
                <tr key={index} className="border-t border-line-2">
                  <td className="truncate px-3 py-1">
                    {entry.rowId === null ? (
                      entry.row
                    ) : (
                      <button type="button" aria-label={g("report.go", { field: entry.field, row: entry.row })} className="max-w-full truncate rounded-control font-medium hover:bg-bg-hover" onClick={() => onGo(entry)}>
                        {entry.row}
                      </button>
                    )}
                  </td>
                  <td className="truncate px-3 py-1">{entry.field}</td>
                  <td className="truncate px-3 py-1 font-mono text-code text-ink-2" title={entry.text}>
                    {entry.text}
                  </td>
                  <td className="truncate px-3 py-1 text-bad" title={entry.reason}>
                    {entry.reason}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {more > 0 ? <p className="px-3 pt-1 text-second text-ink-3">{g("report.more", { count: more })}</p> : null}
        </div>
      ) : null}
    </section>
  );
}
