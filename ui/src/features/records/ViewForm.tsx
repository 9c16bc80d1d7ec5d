import { useState } from "react";
import { Button } from "@/kit/Button";
import { Field, Input } from "@/kit/Field";
import { m } from "./messages";
import { ScopeChoice } from "./ScopeChoice";
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
      <ScopeChoice scope={scope} roles={roles} mayBeOwn={mayBeOwn} onChange={setScope} />
      <p className="text-hint text-ink-3">{m("view.keeps")}</p>
      <div className="flex justify-end">
        <Button type="submit" keys="Enter" disabled={plainName === "" || twice}>
          {kind === "new" ? m("view.save.do") : m("view.rename.do")}
        </Button>
      </div>
    </form>
  );
}
