import type { PermissionAction, Role } from "@plinth/sdk";
import { useState } from "react";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { Segmented } from "@/kit/Segmented";
import { Note } from "@/kit/states";
import { typeLabel, type CollectionInfo } from "@/lib/fields";
import type { Op } from "@/lib/pending";
import { ConditionEditor } from "./ConditionEditor";
import { ImpactSection } from "./ImpactSection";
import { t } from "./messages";
import { ACTIONS, EVERYTHING, fieldNames, splitFields, type Conditions, type Rule } from "./rule";

export interface RuleDrawerProps {
  role: Role;
  people: number | undefined;
  anyone: boolean;
  collection: CollectionInfo;
  find: (name: string) => CollectionInfo | undefined;
  action: PermissionAction;
  onAction: (action: PermissionAction) => void;
  before: Rule | undefined;
  rule: Rule | undefined;
  /** All that is not committed yet. */
  staged: readonly Op[];
  /** The role is bound by no rule. */
  fixed: boolean;
  /** Why nothing may be changed here. */
  locked: string | null;
  onChange: (next: Rule | undefined) => void;
  onClose: () => void;
  width: number;
  onWidth: (width: number) => void;
}

export function RuleDrawer(props: RuleDrawerProps) {
  const { role, collection, find, action, onAction, rule, locked, onChange } = props;
  // "Where" without a condition yet is a choice of the form, not a rule.
  const [where, setWhere] = useState(false);
  const [whom, setWhom] = useState<string | null>(null);
  const conditions = rule?.conditions ?? null;
  const has = conditions !== null && (Object.keys(conditions).length > 0 || where);
  const rows = !rule ? "none" : has || where ? "where" : "all";
  return (
    <Drawer
      width={props.width}
      onWidth={props.onWidth}
      onClose={props.onClose}
      label={t("cell", { role: role.name, action: t(action), collection: collection.name, reach: "" }).replace(/: $/, "")}
      title={
        <>
          {/* Whose rule it is must be read; of the two names the other one gives way. */}
          <span className="max-w-28 shrink-0 truncate" title={role.name}>{role.name}</span>
          <span className="font-normal text-ink-2">{t("can")}</span>
          <Segmented aria-label={t("action")} value={action} onChange={onAction} options={ACTIONS.map((value) => ({ value, label: t(value) }))} className="font-normal" />
          <span className="min-w-0 truncate" title={collection.name}>{collection.name.replace(/^baasix_/, "")}</span>
        </>
      }
    >
      {locked ? <Note className="m-4">{locked}</Note> : null}
      {locked && !rule ? null : (
        <fieldset disabled={locked !== null} className="min-w-0 border-b border-line">
          <DrawerSection title={t("rows")}>
            <Segmented
              wide
              aria-label={t("rows")}
              value={rows}
              onChange={(next) => {
                setWhere(next === "where");
                if (next === "none") onChange(undefined);
                else if (next === "all") onChange({ ...(rule ?? EVERYTHING), conditions: null });
                else onChange({ ...(rule ?? EVERYTHING), conditions: conditions ?? {} });
              }}
              options={[
                { value: "none", label: t("rows.none") },
                { value: "where", label: t("rows.where") },
                { value: "all", label: t("rows.all") },
              ]}
            />
            {rule && rows === "where" ? (
              <div className="mt-3">
                <ConditionEditor
                  key={action}
                  collection={collection}
                  find={find}
                  value={conditions ?? EMPTY}
                  onChange={(next) => {
                    setWhere(true);
                    onChange({ ...rule, conditions: next });
                  }}
                />
              </div>
            ) : null}
            {rows !== "none" && action === "create" ? <p className="mt-2 text-hint text-ink-3">{t("rows.create")}</p> : null}
            {rows !== "none" && action === "update" ? <p className="mt-2 text-hint text-ink-3">{t("rows.update")}</p> : null}
          </DrawerSection>
          {rule ? <Fields collection={collection} action={action} rule={rule} onChange={onChange} /> : null}
          {rule && (rule.relConditions || rule.defaultValues) ? (
            <DrawerSection title={t("more")}>
              <p className="text-ink-2">{t("more.rel")}</p>
            </DrawerSection>
          ) : null}
        </fieldset>
      )}
      {props.fixed || (locked && !rule) ? null : <ImpactSection key={action} {...props} whom={whom} onWhom={setWhom} />}
    </Drawer>
  );
}

const EMPTY: Conditions = {};

function Fields({ collection, action, rule, onChange }: { collection: CollectionInfo; action: PermissionAction; rule: Rule; onChange: (next: Rule) => void }) {
  if (action === "delete") {
    return (
      <DrawerSection title={t("fields")}>
        <p className="text-ink-3">{t("fields.delete")}</p>
      </DrawerSection>
    );
  }
  const names = fieldNames(collection);
  const { star, on, further } = splitFields(rule, names);
  const put = (next: readonly string[]) => onChange({ ...rule, fields: [...next, ...further] });
  return (
    <DrawerSection
      title={t("fields")}
      note={t("fields.count", { on: on.size, all: names.length })}
      actions={
        <>
          <Button kind="ghost" size="small" onClick={() => put(["*"])}>
            {t("fields.all")}
          </Button>
          <Button kind="ghost" size="small" onClick={() => put([])}>
            {t("fields.none")}
          </Button>
          <Button kind="ghost" size="small" onClick={() => put(names.filter((name) => !on.has(name)))}>
            {t("fields.invert")}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-2 gap-x-4">
        {names.map((name) => {
          const field = collection.fields.find((entry) => entry.name === name);
          return (
            <div key={name} className="flex h-6 min-w-0 items-center gap-2">
              <Checkbox
                className="flex-1 *:last:truncate"
                checked={on.has(name)}
                onChange={(checked) => put(names.filter((entry) => (entry === name ? checked : on.has(entry))))}
              >
                {name}
              </Checkbox>
              <span className="max-w-24 truncate text-hint text-ink-3">{field ? typeLabel(field) : ""}</span>
            </div>
          );
        })}
      </div>
      <p className="mt-1 text-hint text-ink-3">{star ? t("fields.star") : t("fields.list")}</p>
      {further.length > 0 ? <p className="text-hint text-ink-3">{t("fields.extra", { count: further.length, patterns: further.join(", ") })}</p> : null}
    </DrawerSection>
  );
}
