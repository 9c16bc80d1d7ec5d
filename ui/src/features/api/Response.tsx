import { useMemo, useState } from "react";
import type { ExchangeAnswer } from "@/host/exchange";
import { Badge } from "@/kit/Badge";
import { Button } from "@/kit/Button";
import { CodeView } from "@/kit/CodeView";
import { cx } from "@/kit/cx";
import { formatKeys } from "@/kit/keys";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { Tabs } from "@/kit/Tabs";
import { parseJson, prettyJson } from "@/lib/exact-json";
import { sizeText } from "@/lib/sizes";
import { count } from "@/messages/catalogue";
import { CopyButton } from "./CopyButton";
import { t } from "./messages";
import { rowsOf } from "./request";

/** The same text with its lines broken; digits stay as they came. */
function pretty(text: string): { code: string; language: "json" | "text" } {
  const read = parseJson(text);
  return read.ok ? { code: prettyJson(read.node), language: "json" } : { code: text, language: "text" };
}

function verdict(answer: ExchangeAnswer, who: string, rows: ReturnType<typeof rowsOf>): string | null {
  if (answer.status < 400) {
    if (!rows) return null;
    const words =
      rows.total === null
        ? t("rows", { shown: rows.shown, total: rows.shown })
        : rows.estimated
          ? t("rows.estimated", { shown: rows.shown, total: rows.total })
          : t("rows", { shown: rows.shown, total: rows.total });
    return t("sentence.ok", { rows: words, who });
  }
  if (answer.status === 401) return t("sentence.401");
  if (answer.status === 403) return t("sentence.403", { who });
  if (answer.status === 404) return t("sentence.404");
  if (answer.status === 409) return t("sentence.409");
  return answer.status < 500 ? t("sentence.4xx") : t("sentence.5xx");
}

export function Response({
  answer,
  fault,
  running,
  who,
  host,
  onRetry,
}: {
  answer: ExchangeAnswer | null;
  fault: Error | null;
  running: boolean;
  who: string;
  host: string;
  onRetry: () => void;
}) {
  const [part, setPart] = useState<"body" | "headers">("body");
  const shown = useMemo(() => (answer ? pretty(answer.text) : null), [answer]);
  const rows = useMemo(() => (answer ? rowsOf(answer.text) : null), [answer]);
  const words = answer ? verdict(answer, who, rows) : null;
  const id = answer?.headers.find(([name]) => name === "x-request-id")?.[1];
  return (
    <section aria-label={t("response")} aria-busy={running} data-region="" className="flex min-w-0 flex-1 flex-col max-[1200px]:min-h-80 max-[1200px]:flex-none">
      {fault ? (
        <ErrorBand
          className="m-4"
          title={t("failed", { host })}
          details={`${fault.name}: ${fault.message}`}
          action={
            <Button size="small" onClick={onRetry}>
              {t("retry")}
            </Button>
          }
        >
          {t("failed.body")}
        </ErrorBand>
      ) : null}
      {!answer || !shown ? (
        fault ? null : running ? (
          <Loading what={t("sending")} columns={[60, 180, 40]} rows={6} stoppable className="m-4" />
        ) : (
          <Empty title={t("none")}>{t("none.body", { keys: formatKeys("Mod+Enter") })}</Empty>
        )
      ) : (
        <>
          <div className={cx("px-4 pt-3 pb-3", running && "opacity-60")}>
            <div className="flex min-h-[26px] items-center gap-3">
              <Badge kind={answer.status < 400 ? "ok" : "bad"} className="h-[22px]! px-2! text-base! font-medium">
                <span role="status">{`${String(answer.status)} ${answer.statusText}`.trim()}</span>
              </Badge>
              <span className="font-medium">{t("ms", { ms: Math.round(answer.ms) })}</span>
              <span className="text-ink-2">{sizeText(answer.bytes)}</span>
              {rows && rows.total !== null ? (
                <span className="text-ink-2">{rows.estimated ? t("rows.estimated", { shown: rows.shown, total: rows.total }) : t("rows", { shown: rows.shown, total: rows.total })}</span>
              ) : null}
              <span className="flex-1" />
              {id ? <code className="truncate text-ink-2">{id}</code> : null}
            </div>
            {words ? <p className="mt-2 text-ink-2">{words}</p> : null}
          </div>
          <Tabs
            className="border-t px-4"
            aria-label={t("tabs.response")}
            value={part}
            onChange={setPart}
            tabs={[
              { value: "body", label: t("tab.body") },
              { value: "headers", label: t("tab.headers"), count: count(answer.headers.length) },
            ]}
            right={<CopyButton text={part === "body" ? shown.code : answer.headers.map((pair) => pair.join(": ")).join("\n")} />}
          />
          {part === "body" ? (
            answer.text === "" ? (
              <p className="p-4 text-ink-3">{t("empty.body")}</p>
            ) : (
              <CodeView numbers wrap className="min-h-0 flex-1 py-3 pr-4" label={t("response.body")} code={shown.code} language={shown.language} />
            )
          ) : (
            <dl className="grid min-h-0 flex-1 auto-rows-min grid-cols-[180px_minmax(0,1fr)] overflow-y-auto px-4 py-2 font-mono text-code">
              {answer.headers.map(([name, value]) => (
                <div key={name} className="contents">
                  <dt className="text-ink-2">{name}</dt>
                  <dd className="break-all select-text">{value}</dd>
                </div>
              ))}
            </dl>
          )}
        </>
      )}
    </section>
  );
}
