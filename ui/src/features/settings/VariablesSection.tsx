/** Variables of the project, secrets among them. They hold at once, as those of an environment do. */
import type { ProjectVariable } from "@plinth/sdk";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useId, useRef, useState, type FormEvent } from "react";
import { useSession } from "@/host/session";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { Checkbox } from "@/kit/Checkbox";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { Field, Input, Textarea } from "@/kit/Field";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText } from "@/lib/client";
import { clockOrMoment } from "@/lib/moments";
import { SectionHead } from "./form";
import { ReadFailed, StopNote, useVariableStop } from "./ProvidersSection";
import { s } from "./section-messages";
import { t } from "./variable-messages";
import { variablesKey, variablesQuery } from "./variable-queries";
import { nameFault } from "./variables";

type Open = { readonly variable: ProjectVariable | null } | null;

export function VariablesSection() {
  const session = useSession();
  const { client, project } = session;
  const queries = useQueryClient();
  const stop = useVariableStop();
  const { data, error, refetch } = useQuery({ ...variablesQuery(session), enabled: stop !== "role" });
  const [open, setOpen] = useState<Open>(null);
  const [going, setGoing] = useState<string | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: variablesKey(project.id) });
  const remove = useMutation({
    mutationFn: (name: string) => client.variables.remove(name),
    onSuccess: (_, name) => toast({ kind: "done", text: t("variable.removed", { name }) }),
    onError: (fault, name) => toast({ kind: "failed", text: t("variable.removed.not", { name, reason: faultOf(fault).message }) }),
    onSettled: async () => {
      setGoing(null);
      await again();
    },
  });
  const add = (
    <Button className="self-start" icon={Plus} disabled={stop !== null} onClick={() => setOpen({ variable: null })}>
      {t("variable.new")}
    </Button>
  );
  return (
    <>
      <SectionHead title={s("variables")} lead={t("variables.lead")} />
      <StopNote stop={stop} />
      {stop === "role" ? null : error ? (
        <ReadFailed error={error} onAgain={() => void refetch()} />
      ) : data === undefined ? (
        <Loading what={t("loading")} columns={[180, 160, 90]} rows={3} className="max-w-140" />
      ) : data.length === 0 ? (
        <Empty title={t("variables.none")} className="p-0" actions={add}>
          {t("variables.none.body")}
        </Empty>
      ) : (
        <>
          <table className="w-full table-fixed border-collapse text-left">
            <thead className="text-second text-ink-2">
              <tr className="h-row border-b border-line">
                <th className="font-medium">{t("name")}</th>
                <th className="w-[30%] font-medium">{t("value")}</th>
                <th className="w-28 font-medium">{t("written")}</th>
                <th className="w-40" />
              </tr>
            </thead>
            <tbody>
              {data.map((variable) => (
                <VariableRow key={variable.name} variable={variable} disabled={stop !== null} onOpen={() => setOpen({ variable })} onRemove={() => setGoing(variable.name)} />
              ))}
            </tbody>
          </table>
          <div className="mt-4 flex">{add}</div>
        </>
      )}
      {open === null ? null : <VariableDialog variable={open.variable} taken={(data ?? []).map(({ name }) => name)} onClose={() => setOpen(null)} onSaved={() => void again()} />}
      <ConfirmLoss
        open={going !== null}
        title={t("variable.remove.title", { name: going ?? "" })}
        body={t("variable.remove.body")}
        keepLabel={t("keep")}
        loseLabel={t("variable.remove")}
        busy={remove.isPending}
        onKeep={() => setGoing(null)}
        onLose={() => {
          if (going !== null) remove.mutate(going);
        }}
      />
    </>
  );
}

function VariableRow({ variable, disabled, onOpen, onRemove }: { variable: ProjectVariable; disabled: boolean; onOpen: () => void; onRemove: () => void }) {
  const { name, value, isSecret, description, updatedAt, overridden } = variable;
  return (
    <tr className="border-b border-line align-top last:border-b-0">
      <td className="py-2 pr-3">
        <div className="truncate font-mono" title={name}>
          {name}
        </div>
        {description === null || description === "" ? null : <div className="text-second text-ink-2">{description}</div>}
        {overridden ? <div className="text-second text-warn">{t("overridden")}</div> : null}
      </td>
      <td className="py-2 pr-3">
        {isSecret ? (
          <Badge kind="outlined">{t("value.secret")}</Badge>
        ) : (
          <div className="truncate font-mono text-second" title={value ?? ""}>
            {value}
          </div>
        )}
      </td>
      <td className="py-2 pr-3 text-second">{updatedAt === null ? null : <time dateTime={updatedAt}>{clockOrMoment(updatedAt, Date.now())}</time>}</td>
      <td className="py-1.5">
        <div className="flex justify-end gap-1.5">
          <Button size="small" kind="ghost" disabled={disabled} aria-label={t("variable.remove.one", { name })} onClick={onRemove}>
            {t("variable.remove")}
          </Button>
          <Button size="small" disabled={disabled} aria-label={t("change.one", { name })} onClick={onOpen}>
            {t("change")}
          </Button>
        </div>
      </td>
    </tr>
  );
}

function VariableDialog({ variable, taken, onClose, onSaved }: { variable: ProjectVariable | null; taken: readonly string[]; onClose: () => void; onSaved: () => void }) {
  const { client } = useSession();
  const first = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const form = useId();
  const [name, setName] = useState(variable?.name ?? "");
  const [value, setValue] = useState(variable?.value ?? "");
  const [isSecret, setSecret] = useState(variable?.isSecret ?? true);
  const [description, setDescription] = useState(variable?.description ?? "");
  const [tried, setTried] = useState(false);
  const wrong = variable === null ? nameFault(name, taken) : null;
  // What is kept of a secret stays unless something is typed, or it shall be told.
  const keeps = variable?.isSecret === true && isSecret;
  const save = useMutation({
    mutationFn: () => client.variables.set(name, { ...(keeps && value === "" ? {} : { value }), isSecret, description: description.trim() === "" ? null : description.trim() }),
    onSuccess: () => {
      toast({ kind: "done", text: t("saved", { name }) });
      onClose();
    },
    onSettled: onSaved,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong === null) save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      width={520}
      title={variable === null ? t("variable.new.title") : t("variable.title", { name })}
      initialFocus={variable === null ? first : area}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind="filled" type="submit" form={form} keys="Enter" busy={save.isPending}>
            {save.isPending ? t("saving") : t("save")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} className="flex flex-col gap-4">
        {variable === null ? (
          <Field label={t("name")} note={t("name.form")} error={(tried || name !== "") && wrong !== null ? t(`name.${wrong}`) : undefined}>
            {(ids) => <Input {...ids} ref={first} mono required maxLength={100} value={name} onChange={(e) => setName(e.target.value.toUpperCase())} />}
          </Field>
        ) : null}
        <Field label={t("value")} note={keeps ? t("part.kept") : undefined}>
          {(ids) => <Textarea {...ids} ref={area} mono rows={3} required={!keeps} autoComplete="off" value={value} onChange={(e) => setValue(e.target.value)} />}
        </Field>
        <div>
          <Checkbox checked={isSecret} onChange={setSecret}>
            {t("secret")}
          </Checkbox>
          <p className="mt-1 pl-5.5 text-hint text-ink-3">{t("secret.note")}</p>
        </div>
        <Field label={t("description")}>
          {(ids) => <Input {...ids} maxLength={200} value={description} onChange={(e) => setDescription(e.target.value)} />}
        </Field>
        {save.error ? (
          <ErrorBand title={t("saved.not")} details={faultText(save.error)}>
            {save.error.message}
          </ErrorBand>
        ) : null}
      </form>
    </Dialog>
  );
}
