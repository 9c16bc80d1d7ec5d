import { Checkbox } from "@/kit/Checkbox";
import { primaryKey, text, type Drafts } from "./draft";
import { t } from "./messages";
import { canonicalType } from "./types";

function keyType(drafts: Drafts, id: string): string {
  const draft = drafts.get(id)?.draft;
  const key = draft ? primaryKey(draft) : undefined;
  return key ? canonicalType(text(key.def, "type")) : "";
}

/** The collections that a relation to rows of any may lead to. One that cannot be chosen says why. */
export function TableList({ drafts, names, value, fixed, onChange }: {
  drafts: Drafts;
  names: readonly string[];
  value: readonly string[];
  fixed?: boolean;
  onChange: (next: readonly string[]) => void;
}) {
  const wanted = value[0] === undefined ? null : keyType(drafts, value[0]);
  const ids = [...new Set([...names, ...value])];
  return (
    <div role="group" aria-label={t("rel.tables")} className="flex flex-col gap-1">
      <span className="text-second text-ink-2">{t("rel.tables")}</span>
      <div className="grid max-h-32 grid-cols-2 gap-x-3 gap-y-1.5 overflow-y-auto rounded-control border border-line p-2 max-[700px]:grid-cols-1">
        {ids.map((id) => {
          const on = value.includes(id);
          const other = !on && wanted !== null && keyType(drafts, id) !== wanted;
          const name = drafts.get(id)?.draft.name ?? id;
          return (
            <Checkbox key={id} checked={on} disabled={fixed === true || other} aria-label={name} onChange={(next) => onChange(next ? [...value, id] : value.filter((known) => known !== id))}>
              <span className="truncate">{name}</span>
              {other ? <span className="ml-1 text-hint text-ink-3">{t("rel.tables.key", { type: keyType(drafts, id) })}</span> : null}
            </Checkbox>
          );
        })}
      </div>
      <p className={value.length === 0 ? "text-hint text-bad" : "text-hint text-ink-3"}>{value.length === 0 ? t("rel.tables.none") : t("rel.tables.note")}</p>
    </div>
  );
}
