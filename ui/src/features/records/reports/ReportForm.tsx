import { ListFilter } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { Button } from "@/kit/Button";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { Field, Input } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { Select } from "@/kit/Select";
import type { Capability } from "@/lib/client";
import { fieldAt } from "@/lib/filters";
import type { CollectionInfo } from "@/lib/fields";
import { FilterTree } from "../filters/FilterTree";
import { ScopeChoice } from "../ScopeChoice";
import type { RoleName, Scope } from "../views";
import { r } from "./messages";
import { FUNCTIONS, functionsFor, groupable, isTimely, LIMIT_MAX, LOOKS, measurable, PARTS, SIZES, usualLimit, type GroupKey, type Report } from "./report";

const NONE = "*none*";
const LIMITS = [5, 8, 12, 24, 31, 50, 100, LIMIT_MAX];
const FUNCTION = { count: "function.count", sum: "function.sum", avg: "function.avg", min: "function.min", max: "function.max", distinct: "function.distinct" } as const;
const LOOK = { bar: "look.bar", line: "look.line", pie: "look.pie", number: "look.number", table: "look.table" } as const;
const PART = { year: "part.year", quarter: "part.quarter", month: "part.month", day: "part.day", isodow: "part.isodow", hour: "part.hour" } as const;
const SIZE = { small: "size.small", wide: "size.wide", whole: "size.whole" } as const;

/** A choice that names itself to who listens; this is for who looks. */
function Choice({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <div aria-hidden className="mb-1 text-second text-ink-2">
        {label}
      </div>
      {children}
    </div>
  );
}

/** The question and how its answer is drawn. What is changed is seen at once on the dashboard, and kept when it is saved. */
export function ReportForm({ report, scope, isNew, collections, find, capability, roles, taken, tried, mayBeOwn, refusal, onChange, onSave, onClose, width, onWidth }: {
  report: Report;
  scope: Scope;
  isNew: boolean;
  collections: readonly CollectionInfo[];
  find: (name: string) => CollectionInfo | undefined;
  capability: Capability | null;
  roles: readonly RoleName[];
  /** Names of the other reports. */
  taken: readonly string[];
  /** It was to be saved: what is missing is said. */
  tried: boolean;
  mayBeOwn: boolean;
  /** Why it cannot be saved. */
  refusal: string | undefined;
  onChange: (report: Report, scope: Scope) => void;
  onSave: () => void;
  onClose: () => void;
  width: number;
  onWidth: (width: number) => void;
}) {
  const [conditions, setConditions] = useState(false);
  const collection = find(report.collection);
  const set = (patch: Partial<Report>) => onChange({ ...report, ...patch }, scope);
  const name = report.name.trim();
  const fault = taken.includes(name) ? r("form.name.taken", { name }) : name === "" && tried ? r("form.name.needed") : undefined;
  const measured = collection && report.measure.field !== "*" ? fieldAt(collection, report.measure.field, find) : undefined;
  const functions = report.measure.field === "*" ? (["count"] as const) : functionsFor(measured);
  const count = report.pills.length + report.groups.length;
  const fields = useMemo(() => (collection ? groupable(collection, find) : []), [collection, find]);

  const setKey = (at: 0 | 1, key: GroupKey | null) => {
    const next = [...report.by];
    if (key === null) next.splice(at);
    else next[at] = key;
    // A number that nobody chose follows what it counts.
    const limit = report.limit === usualLimit(report.by) ? usualLimit(next) : report.limit;
    set({ by: next, limit, ...(next.length === 0 && report.look !== "table" ? { look: "number" } : report.look === "number" && next.length > 0 ? { look: key?.part === "year" || key?.part === "quarter" || key?.part === "month" || key?.part === "day" ? "line" : "bar" } : {}) });
  };
  const keyFields = (at: 0 | 1) => {
    const key = report.by[at];
    const field = key && collection ? fieldAt(collection, key.field, find) : undefined;
    return (
      <div className="grid grid-cols-2 gap-2">
        <Field label={r(at === 0 ? "form.by" : "form.by2")}>
          {(ids) => (
            <Select
              {...ids}
              value={key?.field ?? NONE}
              onChange={(next) => {
                if (next === NONE) return setKey(at, null);
                const timely = collection !== undefined && isTimely(fieldAt(collection, next, find));
                return setKey(at, { field: next, ...(timely ? { part: "month" } : {}) });
              }}
              options={[{ value: NONE, label: r(at === 0 ? "form.by.none" : "form.by2.none") }, ...fields.map((one) => ({ value: one.name, label: one.name }))]}
            />
          )}
        </Field>
        {key && isTimely(field) ? (
          <Field label={r("form.part")}>
            {(ids) => (
              <Select
                {...ids}
                value={key.part ?? NONE}
                onChange={(part) => setKey(at, part === NONE ? { field: key.field } : { field: key.field, part })}
                options={[...PARTS.filter((part) => part !== "hour" || field?.type.kind !== "date").map((part) => ({ value: part as (typeof PARTS)[number] | typeof NONE, label: r(PART[part]) })), { value: NONE, label: r("part.none") }]}
              />
            )}
          </Field>
        ) : null}
      </div>
    );
  };

  return (
    <Drawer
      label={r(isNew ? "new" : "edit")}
      title={<h2 className="truncate">{r(isNew ? "new" : "edit")}</h2>}
      width={width}
      onWidth={onWidth}
      onClose={onClose}
      // What one makes must be seen while one makes it: the preview gives way as long as there is room for it.
      className="max-[1100px]:min-[760px]:static! max-[1100px]:min-[760px]:shadow-none!"
      foot={
        <div data-pending="" className="flex items-center gap-2 border-t border-line bg-bg-sunk px-4 py-2.5">
          <span className="min-w-0 flex-1 text-second text-warn">{refusal}</span>
          <Button kind="ghost" onClick={onClose}>
            {r("form.cancel")}
          </Button>
          <Button
            kind="filled"
            disabled={refusal !== undefined}
            command="reports.save"
            onClick={onSave}
          >
            {r("form.save")}
          </Button>
        </div>
      }
    >
      <DrawerSection>
        <div className="flex flex-col gap-3">
          <Field label={r("form.name")} error={fault}>
            {(ids) => <Input {...ids} autoFocus maxLength={80} value={report.name} invalid={fault !== undefined} onChange={(event) => set({ name: event.target.value })} />}
          </Field>
          <Field label={r("form.collection")}>
            {(ids) => (
              <Select
                {...ids}
                value={report.collection}
                onChange={(next) => set({ collection: next, measure: { function: "count", field: "*" }, by: [], pills: [], groups: [] })}
                options={collections.map((one) => ({ value: one.name, label: one.name }))}
              />
            )}
          </Field>
          <div className="grid grid-cols-2 gap-2">
            <Field label={r("form.value")}>
              {(ids) => (
                <Select
                  {...ids}
                  value={report.measure.field}
                  onChange={(field) => {
                    const possible = field === "*" ? (["count"] as const) : functionsFor(collection ? fieldAt(collection, field, find) : undefined);
                    const fn = possible.find((one) => one === report.measure.function && one !== "count") ?? possible.find((one) => one === "sum") ?? "count";
                    set({ measure: { field, function: fn } });
                  }}
                  options={[{ value: "*", label: r("form.rows") }, ...(collection ? measurable(collection) : []).map((one) => ({ value: one.name, label: one.name }))]}
                />
              )}
            </Field>
            <Field label={r("form.function")}>
              {(ids) => (
                <Select
                  {...ids}
                  value={report.measure.function}
                  onChange={(fn) => set({ measure: { ...report.measure, function: fn } })}
                  options={FUNCTIONS.filter((fn) => functions.some((one) => one === fn)).map((fn) => ({ value: fn, label: r(FUNCTION[fn]) }))}
                />
              )}
            </Field>
          </div>
          {keyFields(0)}
          {report.by.length > 0 ? keyFields(1) : null}
          <div>
            <div className="mb-1 text-second text-ink-2">{r("form.where")}</div>
            <div className="flex items-center gap-2">
              <span className="min-w-0 flex-1 truncate">{count === 0 ? r("form.where.all") : r("form.where.some", { count })}</span>
              <Button size="small" icon={ListFilter} aria-expanded={conditions} onClick={() => setConditions(!conditions)}>
                {r("form.where.edit")}
              </Button>
            </div>
          </div>
        </div>
      </DrawerSection>
      {conditions && collection ? (
        <div className="border-b border-line">
          <FilterTree
            collection={collection}
            find={find}
            capability={capability}
            pills={report.pills}
            groups={report.groups}
            onApply={(pills, groups) => {
              set({ pills, groups });
              setConditions(false);
            }}
            onClose={() => setConditions(false)}
          />
        </div>
      ) : null}
      <DrawerSection>
        <div className="flex flex-col gap-3">
          <div className="grid grid-cols-2 gap-2">
            <Field label={r("form.look")}>
              {(ids) => (
                <Select
                  {...ids}
                  value={report.look}
                  onChange={(look) => set({ look })}
                  options={LOOKS.map((look) => ({ value: look, label: r(LOOK[look]), disabled: report.by.length === 0 ? look !== "number" && look !== "table" : look === "number" }))}
                />
              )}
            </Field>
            {report.by.length === 0 ? null : (
              <Field label={r("form.limit")}>
                {(ids) => (
                  <Select
                    {...ids}
                    value={String(report.limit)}
                    onChange={(limit) => set({ limit: Number(limit) })}
                    options={[...new Set([...LIMITS, report.limit])].sort((a, b) => a - b).map((limit) => ({ value: String(limit), label: r("form.limit.groups", { count: limit }) }))}
                  />
                )}
              </Field>
            )}
          </div>
          {report.by.length === 0 ? null : (
            <Choice label={r("form.order")}>
              <Segmented
                aria-label={r("form.order")}
                wide
                value={report.order}
                onChange={(order) => set({ order })}
                options={[
                  { value: "value", label: r("form.order.value") },
                  { value: "group", label: r("form.order.group") },
                ]}
              />
            </Choice>
          )}
          <Choice label={r("form.size")}>
            <Segmented aria-label={r("form.size")} wide value={report.size} onChange={(size) => set({ size })} options={SIZES.map((size) => ({ value: size, label: r(SIZE[size]) }))} />
          </Choice>
          <ScopeChoice scope={scope} roles={roles} mayBeOwn={mayBeOwn} onChange={(next) => onChange(report, next)} />
        </div>
      </DrawerSection>
    </Drawer>
  );
}
