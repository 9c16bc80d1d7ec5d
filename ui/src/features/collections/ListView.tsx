import { useRef } from "react";
import { cx } from "@/kit/cx";
import { Dot } from "@/kit/Dot";
import { endedFields, FLAGS, flagOn, relationOf, throughJunction, type Change, type Drafts, type Entry } from "./draft";
import { t } from "./messages";
import { RowCount } from "./queries";
import { collectionName, isQuiet } from "./rows";

/** The same collections as rows: what they hold, what they keep, what is staged on them. */
export function ListView({
  drafts, shown, gone, changes, selected, onSelect,
}: {
  drafts: Drafts;
  shown: readonly Entry[];
  gone: ReadonlySet<string>;
  changes: readonly Change[];
  selected: string | undefined;
  onSelect: (collection: string) => void;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const move = (by: number, at: number) => {
    const next = shown[at + by];
    if (!next) return;
    onSelect(next.id);
    body.current?.querySelectorAll<HTMLElement>("[data-row]")[at + by]?.focus();
  };
  const staged = (entry: Entry): string => {
    if (!entry.base) return t("state.new");
    if (gone.has(entry.id)) return t("state.dropped");
    const count = changes.filter((change) => change.collection === entry.id).length;
    return count === 0 ? "" : t("state.changes", { count });
  };
  const head = "h-8 border-b border-line-strong px-3 text-left font-medium text-ink-2";
  return (
    <div data-region="" className="min-h-0 min-w-0 flex-1 overflow-auto">
      <table aria-label={t("list")} className="w-full border-collapse">
        <thead className="sticky top-0 z-10 bg-bg-sunk">
          <tr>
            <th scope="col" className={head}>{t("list.name")}</th>
            <th scope="col" className={cx(head, "w-20 text-right!")}>{t("list.fields")}</th>
            <th scope="col" className={head}>{t("list.relations")}</th>
            <th scope="col" className={cx(head, "w-24 text-right!")}>{t("list.rows")}</th>
            <th scope="col" className={head}>{t("list.keeps")}</th>
            <th scope="col" className={head}>{t("list.state")}</th>
          </tr>
        </thead>
        <tbody ref={body}>
          {shown.map((entry, at) => {
            const { draft, base } = entry;
            const ended = endedFields(draft, gone);
            const own = draft.fields.filter((field) => !isQuiet(draft, field) && !ended.has(field.id));
            const relations = own.filter((field) => relationOf(field));
            const state = staged(entry);
            const dropped = gone.has(entry.id);
            return (
              <tr
                key={entry.id}
                data-row=""
                tabIndex={selected === entry.id || (selected === undefined && at === 0) ? 0 : -1}
                aria-current={selected === entry.id || undefined}
                onClick={() => onSelect(entry.id)}
                onKeyDown={(event) => {
                  if (event.key === "ArrowDown") move(1, at);
                  else if (event.key === "ArrowUp") move(-1, at);
                  else if (event.key === "Enter" || event.key === " ") onSelect(entry.id);
                  else return;
                  event.preventDefault();
                }}
                className={cx("ring-cell h-row border-b border-line-2", selected === entry.id ? "bg-bg-active" : dropped ? "bg-bad-tint" : state !== "" ? "bg-draft-tint" : "hover:bg-bg-hover")}
              >
                <td className={cx("px-3 font-medium whitespace-nowrap", dropped && "text-bad line-through")}>
                  {draft.name}
                  {base && base.name !== draft.name ? <s className="ml-1.5 font-normal text-ink-3">{base.name}</s> : null}
                </td>
                <td className="px-3 text-right">{own.length - relations.length}</td>
                <td className="max-w-70 truncate px-3 text-ink-2">
                  {relations.map((field) => `${field.name} ${t("arrow", { target: (throughJunction(drafts, field)?.targets ?? [relationOf(field)?.target ?? ""]).map((id) => collectionName(drafts, id)).join(", ") })}`).join(", ")}
                </td>
                <td className="px-3 text-right text-ink-2">{base ? <RowCount collection={entry.id} /> : null}</td>
                <td className="max-w-60 truncate px-3 text-second whitespace-nowrap text-ink-2">
                  {FLAGS.filter((flag) => flagOn(draft, flag)).map((flag) => t(`flag.${flag}.note`)).join(", ")}
                </td>
                <td className="px-3">
                  {state === "" ? null : (
                    <span className={cx("flex items-center gap-1.5", dropped ? "text-bad" : "text-draft")}>
                      <Dot state={dropped ? "bad" : "draft"} />
                      {state}
                    </span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
