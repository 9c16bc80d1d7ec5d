import type { LoggedMail, MailContent } from "@plinth/sdk";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Copy, RotateCw } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { useSession } from "@/host/session";
import { Button, IconButton } from "@/kit/Button";
import { Drawer, DrawerSection } from "@/kit/Drawer";
import { Segmented } from "@/kit/Segmented";
import { ErrorBand, Loading } from "@/kit/states";
import { toast } from "@/kit/toast";
import { faultOf, faultText } from "@/lib/client";
import { momentSeconds } from "@/lib/moments";
import { count } from "@/messages/catalogue";
import { StatusBadge } from "./LogView";
import { MailFrame } from "./MailFrame";
import { t } from "./messages";
import { builtInQuery, mailQuery, tenantsQuery } from "./queries";
import { safePage } from "./safe-page";

interface MailDrawerProps {
  readonly id: string;
  /** As the list has it, which is asked for again while it is on its way. */
  readonly listed: LoggedMail | undefined;
  readonly readOnly: boolean;
  readonly width: number;
  readonly onWidth: (width: number) => void;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

export function MailDrawer({ id, listed, readOnly, width, onWidth, onClose, onChanged }: MailDrawerProps) {
  const session = useSession();
  const read = useQuery(mailQuery(session, id, listed?.status));
  const retry = useMutation({
    mutationFn: () => session.client.mails.retry(id),
    onSuccess: () => toast({ kind: "done", text: t("mail.retried") }),
    onSettled: onChanged,
  });
  // The list is the newer one while it is asked for again by itself; what stands in a mail is in this answer alone.
  const mail = listed ?? read.data;
  const content = read.data?.content;
  return (
    <Drawer label={t("mail")} title={<span className="truncate" title={mail?.subject}>{mail?.subject ?? t("mail")}</span>} width={width} onWidth={onWidth} onClose={onClose}>
      {mail ? (
        <>
          <DrawerSection>
            <Facts mail={mail} />
            {mail.errorMessage === null ? null : (
              <ErrorBand className="mt-3" title={t(mail.status === "error" ? "mail.given" : "mail.said")}>
                <span className="wrap-anywhere">{mail.errorMessage}</span>
              </ErrorBand>
            )}
            {mail.status === "error" ? (
              <div className="mt-3 flex flex-wrap items-center gap-2">
                <Button icon={RotateCw} busy={retry.isPending} disabled={readOnly} onClick={() => retry.mutate()}>
                  {retry.isPending ? t("mail.retrying") : t("mail.retry")}
                </Button>
                {readOnly ? <span className="text-second text-ink-3">{t("mail.retry.stop")}</span> : null}
              </div>
            ) : null}
            {retry.error ? (
              <ErrorBand className="mt-3" title={t("mail.retry.failed")} details={faultText(retry.error)}>
                {retry.error.message}
              </ErrorBand>
            ) : null}
          </DrawerSection>
          {content ? (
            <Content content={content} subject={mail.subject} />
          ) : read.isPending ? (
            <Loading what={t("mail.loading")} className="m-4" />
          ) : read.data ? (
            <p className="px-4 py-4 text-second text-ink-3">{t(`mail.kept.${mail.status === "sending" ? "queued" : mail.status}`)}</p>
          ) : null}
        </>
      ) : read.isPending ? (
        <Loading what={t("mail.loading")} className="m-4" />
      ) : null}
      {read.error ? (
        faultOf(read.error).status === 404 ? (
          <p className="px-4 py-4 text-ink-2">{t("mail.gone")}</p>
        ) : (
          <ErrorBand
            className="m-4"
            title={t("mail.failed")}
            details={faultText(read.error)}
            action={
              <Button size="small" onClick={() => void read.refetch()}>
                {t("retry")}
              </Button>
            }
          >
            {read.error.message}
          </ErrorBand>
        )
      ) : null}
    </Drawer>
  );
}

function Facts({ mail }: { mail: LoggedMail }) {
  const session = useSession();
  const types = useQuery(builtInQuery(session)).data?.templates;
  const tenants = useQuery({ ...tenantsQuery(session), enabled: mail.tenant_Id !== null }).data;
  const facts: readonly (readonly [string, ReactNode])[] = [
    [t("status"), <StatusBadge key="status" status={mail.status} />],
    [t("mail.to"), mail.email],
    [t("mail.type"), mail.templateName === null ? t("mail.type.none") : (types?.find((one) => one.type === mail.templateName)?.label ?? mail.templateName)],
    ...(mail.tenant_Id === null ? [] : [[t("mail.tenant"), tenants?.find((one) => one.id === mail.tenant_Id)?.name ?? mail.tenant_Id] as const]),
    [t("mail.queued"), momentSeconds(mail.createdAt)],
    ...(mail.sentAt === null ? [] : [[t(mail.status === "caught" ? "mail.caught" : "mail.sent"), momentSeconds(mail.sentAt)] as const]),
    [t("mail.tries"), count(mail.attempts)],
    ...(mail.nextAttemptAt === null || (mail.status !== "queued" && mail.status !== "sending")
      ? []
      : [[t(mail.status === "queued" ? "mail.next" : "mail.claimed"), momentSeconds(mail.nextAttemptAt)] as const]),
    ...(mail.sender === null ? [] : [[t("mail.server"), mail.sender] as const]),
    ...(mail.messageId === null ? [] : [[t("mail.message"), <span key="id" className="font-mono text-code">{mail.messageId}</span>] as const]),
  ];
  return (
    <dl className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-3 gap-y-1.5">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-second text-ink-3">{name}</dt>
          <dd className="wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Content({ content, subject }: { content: MailContent; subject: string }) {
  const [shown, setShown] = useState<"page" | "text">("page");
  const { links, remote } = useMemo(() => safePage(content.html), [content.html]);
  const copy = (url: string) =>
    void navigator.clipboard.writeText(url).then(
      () => toast({ kind: "done", text: t("link.copied") }),
      () => toast({ kind: "failed", text: t("copied.not") }),
    );
  return (
    <>
      <DrawerSection
        title={t("mail.content")}
        actions={
          <Segmented
            aria-label={t("mail.content")}
            value={shown}
            onChange={setShown}
            options={[
              { value: "page", label: t("mail.page") },
              { value: "text", label: t("mail.text") },
            ]}
          />
        }
      >
        {shown === "page" ? (
          <>
            <MailFrame html={content.html} title={t("mail.page.of", { subject })} className="h-96 w-full border border-line" />
            {remote > 0 ? <p className="mt-1 text-hint text-ink-3">{t("mail.remote", { count: remote })}</p> : null}
          </>
        ) : content.text.trim() === "" ? (
          <p className="text-ink-3">{t("mail.empty")}</p>
        ) : (
          <pre className="border border-line bg-bg-page p-3 font-mono text-code wrap-anywhere whitespace-pre-wrap">{content.text}</pre>
        )}
      </DrawerSection>
      <DrawerSection title={t("links")} note={links.length === 0 ? undefined : count(links.length)}>
        {links.length === 0 ? (
          <p className="text-second text-ink-3">{t("links.none")}</p>
        ) : (
          <ul className="flex flex-col gap-1">
            {links.map(({ url, text }) => (
              <li key={url} className="flex items-start gap-2">
                <span className="min-w-0 flex-1">
                  {text === "" || text === url ? null : <span className="block truncate text-second text-ink-2">{text}</span>}
                  <span className="block font-mono text-code wrap-anywhere">{url}</span>
                </span>
                <IconButton icon={Copy} label={t("link.copy", { url })} onClick={() => copy(url)} />
              </li>
            ))}
          </ul>
        )}
      </DrawerSection>
    </>
  );
}
