import { useMemo } from "react";
import { safePage } from "./safe-page";

/** A page of a mail: no script runs in it, it has no origin, and it loads nothing. */
export function MailFrame({ html, title, className }: { html: string; title: string; className?: string | undefined }) {
  const page = useMemo(() => safePage(html), [html]);
  return <iframe title={title} sandbox="" referrerPolicy="no-referrer" srcDoc={page.html} className={className} style={{ background: "white" }} />;
}
