import { useState } from "react";
import { Button } from "@/kit/Button";
import { Field, Input } from "@/kit/Field";
import { Segmented } from "@/kit/Segmented";
import { Select } from "@/kit/Select";
import { m } from "./messages";
import { v } from "./view-messages";
import type { RoleName, Scope } from "./views";

/** The name of a view and who sees it. */
export function ViewForm({
  kind,
  name: firstName,
  scope: first,
  roles,
  taken,
  mayBeOwn,
  onSave,
}: {
  kind: "new" | "rename";
  name: string;
  scope: Scope;
  roles: readonly RoleName[];
  taken: readonly string[];
  mayBeOwn: boolean;
  onSave: (name: string, scope: Scope) => Promise<void>;
}) {
  const [name, setName] = useState(firstName);
  const [scope, setScope] = useState(first);
  const [role] = roles;
  const plainName = name.trim();
  const twice = taken.includes(plainName);
  return (
    <form
      className="flex w-80 flex-col gap-3 p-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (plainName !== "" && !twice) void onSave(plainName, scope);
      }}
    >
      <Field label={m("view.name")} error={twice ? m("view.taken", { name: plainName }) : undefined}>
        {(ids) => <Input {...ids} autoFocus maxLength={80} value={name} invalid={twice} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Segmented
        aria-label={m("view.who")}
        wide
        value={scope.who}
        onChange={(who) => setScope(who === "role" ? { who, role: role?.id ?? "" } : { who })}
        options={[
          { value: "all", label: m("view.who.all") },
          { value: "role", label: v("who.role"), disabled: role === undefined },
          { value: "me", label: m("view.who.me"), disabled: !mayBeOwn },
        ]}
      />
      {scope.who === "role" ? (
        <Field label={v("who.which")}>
          {(ids) => <Select {...ids} value={scope.role} onChange={(chosen) => setScope({ who: "role", role: chosen })} options={roles.map((entry) => ({ value: entry.id, label: entry.name }))} />}
        </Field>
      ) : null}
      <p className="text-hint text-ink-3">{m("view.keeps")}</p>
      <div className="flex justify-end">
        <Button type="submit" keys="Enter" disabled={plainName === "" || twice}>
          {kind === "new" ? m("view.save.do") : m("view.rename.do")}
        </Button>
      </div>
    </form>
  );
}
