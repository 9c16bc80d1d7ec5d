import { Field } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { Select } from "@/kit/Select";
import { v } from "./view-messages";
import type { RoleName, Scope } from "./views";

/** What is new is for its maker, where there is one: to share it is a step of its own. */
export const firstScope = (mayBeOwn: boolean): Scope => (mayBeOwn ? { who: "me" } : { who: "all" });

/** Who sees a view or a report: the narrowest first. */
export function ScopeChoice({ scope, roles, mayBeOwn, onChange }: {
  scope: Scope;
  roles: readonly RoleName[];
  mayBeOwn: boolean;
  onChange: (scope: Scope) => void;
}) {
  const [role] = roles;
  return (
    <>
      <div>
        <div aria-hidden className="mb-1 text-second text-ink-2">
          {v("who")}
        </div>
        <Segmented
          aria-label={v("who")}
          wide
          value={scope.who}
          onChange={(who) => {
            // The role that was chosen stays when its choice is pressed again.
            if (who !== scope.who) onChange(who === "role" ? { who, role: role?.id ?? "" } : { who });
          }}
          options={[
            { value: "me", label: v("who.me"), disabled: !mayBeOwn },
            { value: "role", label: v("who.role"), disabled: role === undefined },
            { value: "all", label: v("who.all") },
          ]}
        />
      </div>
      {scope.who === "role" ? (
        <Field label={v("who.which")}>
          {(ids) => <Select {...ids} value={scope.role} onChange={(chosen) => onChange({ who: "role", role: chosen })} options={roles.map((one) => ({ value: one.id, label: one.name }))} />}
        </Field>
      ) : null}
    </>
  );
}
