import { useMutation } from "@tanstack/react-query";
import { Eye, EyeOff, Send } from "lucide-react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { useSession } from "@/host/session";
import { Button, IconButton } from "@/kit/Button";
import { useCommands } from "@/kit/commands";
import { cx } from "@/kit/cx";
import { Field, Input } from "@/kit/Field";
import { ErrorBand, Note } from "@/kit/states";
import { faultOf, faultText } from "@/lib/client";
import { Frame, Group, lookOf, Pair, SectionHead, Switch, TextField, useForm } from "./form";
import { t } from "./messages";
import { s } from "./section-messages";
import { SECRET } from "./settings";

const isMailAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);

export function MailSection({ staged }: { staged: boolean }) {
  const { stop } = useForm();
  const address = (text: string) => (isMailAddress(text) ? null : t("address.fault"));
  const port = (text: string) => (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? null : t("smtp_port.fault"));
  return (
    <>
      <SectionHead title={s("mail")} lead={t("mail.lead")} />
      <Group title={t("mail.server")}>
        <Switch name="smtp_enabled" label={t("smtp_enabled")} />
        {stop === "role" ? (
          <p className="text-second text-ink-3">{t("mail.hidden")}</p>
        ) : (
          <>
            <div className="grid grid-cols-[minmax(0,1fr)_112px] items-start gap-4">
              <TextField name="smtp_host" label={t("smtp_host")} mono placeholder={t("smtp_host.example")} />
              <TextField name="smtp_port" label={t("smtp_port")} kind="number" inputMode="numeric" fault={port} />
            </div>
            <Switch name="smtp_secure" label={t("smtp_secure")} />
            <Pair>
              <TextField name="smtp_user" label={t("smtp_user")} mono />
              <Password />
            </Pair>
          </>
        )}
      </Group>
      <Group title={t("mail.sender")}>
        <Pair>
          <TextField name="from_email_name" label={t("from_email_name")} />
          {stop === "role" ? null : <TextField name="smtp_from_address" label={t("smtp_from_address")} inputMode="email" placeholder={t("smtp_from_address.example")} fault={address} />}
        </Pair>
        <TextField name="email_signature" label={t("email_signature")} lines={3} note={t("email_signature.note")} />
      </Group>
      <Group title={t("test")}>
        <TestMail staged={staged} />
      </Group>
    </>
  );
}

/** Written and never read: nothing of what is stored comes here, and what is typed goes into no draft. */
function Password() {
  const form = useForm();
  const [typed, setTyped] = useState("");
  const [shown, setShown] = useState(false);
  const op = form.op(SECRET);
  const goes = op?.after === "null";
  const stage = () => {
    if (typed === "") return;
    form.stage(SECRET, JSON.stringify(typed), true);
    setTyped("");
    setShown(false);
  };
  const says = op ? t(goes ? "smtp_pass.gone" : "smtp_pass.staged") : t("smtp_pass.note");
  return (
    <Frame name={SECRET} label={t("smtp_pass")} note={says} error={form.refused(SECRET)}>
      {(ids) => (
        <div className="flex items-center gap-1">
          <Input
            {...ids}
            type={shown ? "text" : "password"}
            autoComplete="new-password"
            value={typed}
            readOnly={form.stop !== undefined}
            placeholder={t("smtp_pass.new")}
            className={cx("flex-1", lookOf(op !== undefined, form.stop !== undefined))}
            data-staged-on-leave=""
            onChange={(event) => setTyped(event.target.value)}
            onBlur={stage}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing) return;
              if (event.key === "Enter") {
                event.preventDefault();
                stage();
              } else if (event.key === "Escape" && typed !== "") {
                event.preventDefault();
                event.stopPropagation();
                setTyped("");
              }
            }}
          />
          {typed === "" ? null : (
            // The pointer leaves the field as it is: what is typed would be staged by being left.
            <IconButton icon={shown ? EyeOff : Eye} label={t("smtp_pass.show")} on={shown} onPointerDown={(event) => event.preventDefault()} onClick={() => setShown(!shown)} />
          )}
          {form.stop === undefined && !goes ? (
            <Button kind="ghost" onPointerDown={() => setTyped("")} onClick={() => form.stage(SECRET, "null", true)}>
              {t("smtp_pass.remove")}
            </Button>
          ) : null}
        </div>
      )}
    </Frame>
  );
}

/** Sends by what is committed, and says what the server says of it. */
function TestMail({ staged }: { staged: boolean }) {
  const { stop } = useForm();
  const { client, user } = useSession();
  const [to, setTo] = useState(user?.email ?? "");
  const field = useRef<HTMLInputElement>(null);
  const send = useMutation({ mutationFn: (address: string) => client.settings.testEmail(address) });
  const { reset } = send;
  // An answer is about the address it was asked for.
  useEffect(reset, [to, reset]);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (stop !== undefined || send.isPending) return;
    if (isMailAddress(to.trim())) send.mutate(to.trim());
    else field.current?.focus();
  };
  useCommands([{ id: "settings.test", label: t("cmd.test"), group: t("group"), icon: Send, paletteOnly: true, disabled: stop === undefined ? undefined : t(stop === "role" ? "test.stop" : "test.guard"), run: () => submit() }]);
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <div className="flex items-end gap-2">
        <Field label={t("test.to")} className="max-w-80 flex-1">
          {(ids) => <Input {...ids} ref={field} inputMode="email" value={to} readOnly={stop !== undefined} className={lookOf(false, stop !== undefined)} onChange={(event) => setTo(event.target.value)} />}
        </Field>
        <Button type="submit" icon={Send} busy={send.isPending} disabled={stop !== undefined || !isMailAddress(to.trim())}>
          {send.isPending ? t("test.sending") : t("test.send")}
        </Button>
      </div>
      {stop !== undefined ? <p className="text-second text-ink-3">{t(stop === "role" ? "test.stop" : "test.guard")}</p> : staged ? <p className="text-second text-ink-3">{t("test.staged")}</p> : null}
      {send.isSuccess ? (
        <div role="status">
          <Note kind="draft" className="border-ok! bg-ok-tint!">
            {t("test.sent", { words: send.data.message })}
          </Note>
        </div>
      ) : send.error ? (
        <ErrorBand title={t("test.failed")} details={faultText(send.error)}>
          {t("test.failed.body", { words: faultOf(send.error).message, code: faultOf(send.error).code })}
        </ErrorBand>
      ) : null}
    </form>
  );
}
