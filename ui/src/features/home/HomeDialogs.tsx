import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { host } from "@/host";
import type { Project } from "@/host/host";
import { Button } from "@/kit/Button";
import { ConfirmLoss, Dialog } from "@/kit/Dialog";
import { Field, Input } from "@/kit/Field";
import { toast } from "@/kit/toast";
import type { Asking } from "./asking";
import { ConnectDialog } from "./ConnectDialog";
import { t } from "./messages";
import { projectsKey, secretsQuery } from "./queries";

export function HomeDialogs({
  asking,
  onClose,
  onStart,
  onOpened,
}: {
  asking: Asking;
  onClose: () => void;
  onStart: (project: Project, password?: string) => void;
  onOpened?: (project: Project) => void;
}) {
  if (asking === null) return null;
  switch (asking.kind) {
    case "connect":
      return <ConnectDialog project={asking.project} onClose={onClose} />;
    case "rename":
      return <RenameDialog project={asking.project} onClose={onClose} />;
    case "remove":
    case "delete":
      return <RemoveDialog project={asking.project} files={asking.kind === "delete"} onClose={onClose} />;
    case "secret":
      return (
        <SecretDialog
          title={t("secret.title", { name: asking.project.name })}
          lead={t("secret.lead")}
          label={t("secret.label")}
          action={t("secret.start")}
          onClose={onClose}
          onDone={async (password) => {
            onStart(asking.project, password);
          }}
        />
      );
    case "unlock":
      return <UnlockDialog asking={asking} onClose={onClose} onStart={onStart} />;
    case "beside":
      return <BesideDialog asking={asking} onClose={onClose} onOpened={onOpened} />;
  }
}

/** A file with tables of somebody else: what opening it adds, before anything is added. */
function BesideDialog({
  asking,
  onClose,
  onOpened,
}: {
  asking: Extract<Asking, { kind: "beside" }>;
  onClose: () => void;
  onOpened: ((project: Project) => void) | undefined;
}) {
  const open = useMutation({
    mutationFn: () => host().projects.open(asking.file, true),
    onSuccess: (project) => {
      if (project) onOpened?.(project);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      width={520}
      title={t("beside.title")}
      lead={`${asking.holds}.`}
      footNote={t("beside.note")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button busy={open.isPending} onClick={() => open.mutate()}>
            {t("beside.open")}
          </Button>
        </>
      }
    >
      <p className="text-ink-2">{t("beside.body")}</p>
      {open.error ? (
        <p role="alert" className="mt-2 text-second text-bad">
          {open.error.message}
        </p>
      ) : null}
    </Dialog>
  );
}

function RenameDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState(project.name);
  const rename = useMutation({
    mutationFn: () => host().projects.rename(project.id, name.trim()),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: projectsKey });
      toast({ kind: "done", text: t("done.renamed", { was: project.name, name: name.trim() }) });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("rename.title", { name: project.name })}
      footNote={t("rename.note")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="rename" disabled={name.trim() === ""} busy={rename.isPending}>
            {t("rename.save")}
          </Button>
        </>
      }
    >
      <form
        id="rename"
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <Field label={t("name")} error={rename.error?.message}>
          {(ids) => <Input {...ids} autoFocus value={name} onFocus={(e) => e.target.select()} onChange={(e) => setName(e.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}

function RemoveDialog({ project, files, onClose }: { project: Project; files: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const { name, place } = project;
  const remove = useMutation({
    mutationFn: () => host().projects.remove(project.id, files),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: projectsKey });
      toast({ kind: "done", text: files ? t("done.deleted", { name }) : t("done.removed", { name }) });
      onClose();
    },
  });
  return (
    <ConfirmLoss
      open
      title={files ? t("delete.title", { name }) : t("remove.title", { name })}
      body={files ? t("delete.body", { place }) : project.kind === "remote" ? t("remove.bodyRemote", { place }) : t("remove.body", { place })}
      keepLabel={files ? t("delete.keep", { name }) : t("remove.keep")}
      loseLabel={files ? t("delete.lose", { name }) : t("remove.lose")}
      typedName={files ? name : undefined}
      busy={remove.isPending}
      error={remove.error?.message}
      onKeep={onClose}
      onLose={() => remove.mutate()}
    />
  );
}

function SecretDialog({
  title,
  lead,
  label,
  action,
  onClose,
  onDone,
}: {
  title: string;
  lead: string;
  label: string;
  action: string;
  onClose: () => void;
  onDone: (password: string) => Promise<void>;
}) {
  const [password, setPassword] = useState("");
  const done = useMutation({ mutationFn: () => onDone(password), onSuccess: onClose });
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      lead={lead}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" form="secret" disabled={password === ""} busy={done.isPending}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id="secret"
        onSubmit={(event) => {
          event.preventDefault();
          done.mutate();
        }}
      >
        <Field label={label} error={done.error?.message}>
          {(ids) => (
            <Input {...ids} autoFocus type="password" autoComplete="current-password" value={password} onChange={(e) => setPassword(e.target.value)} />
          )}
        </Field>
      </form>
    </Dialog>
  );
}

function UnlockDialog({
  asking,
  onClose,
  onStart,
}: {
  asking: Extract<Asking, { kind: "unlock" }>;
  onClose: () => void;
  onStart: (project: Project) => void;
}) {
  const queries = useQueryClient();
  return (
    <SecretDialog
      title={t("unlock.title")}
      lead={asking.fresh ? t("unlock.new.lead") : t("unlock.lead")}
      label={t("unlock.label")}
      action={asking.fresh ? t("unlock.set") : t("unlock.save")}
      onClose={onClose}
      onDone={async (password) => {
        await host().secrets?.unlock(password);
        await queries.invalidateQueries({ queryKey: secretsQuery.queryKey });
        if (asking.then) onStart(asking.then);
      }}
    />
  );
}
