import type { Role } from "@plinth/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useSession } from "@/host/session";
import { Button } from "@/kit/Button";
import { Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { toast } from "@/kit/toast";
import { t } from "./messages";

export function NewRole({ roles, onClose }: { roles: readonly Role[]; onClose: () => void }) {
  const { client, project } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const taken = roles.some((role) => role.name.toLowerCase() === name.trim().toLowerCase());
  const create = useMutation({
    mutationFn: () => client.items("baasix_Role").create({ name: name.trim(), isTenantSpecific: false, ...(description.trim() === "" ? {} : { description: description.trim() }) }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["rules", project.id] });
      toast({ kind: "done", text: t("role.created", { name: name.trim() }) });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "" && !taken) create.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("role.new.title")}
      lead={t("role.new.lead")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="new-role" disabled={name.trim() === "" || taken} busy={create.isPending}>
            {t("role.create")}
          </Button>
        </>
      }
    >
      <form id="new-role" onSubmit={submit} className="flex flex-col gap-3">
        <Field label={t("role.name")} error={taken ? t("role.taken", { name: name.trim() }) : create.error?.message}>
          {(ids) => <Input {...ids} autoFocus value={name} invalid={taken} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label={t("role.description")}>
          {(ids) => <Input {...ids} value={description} onChange={(event) => setDescription(event.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
