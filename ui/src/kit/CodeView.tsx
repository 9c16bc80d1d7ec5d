import { useMemo } from "react";
import { t } from "@/messages/en";
import { cx } from "./cx";
import { tokens, type CodeLanguage, type TokenKind } from "./highlight";

const TONE: Readonly<Record<TokenKind, string>> = {
  key: "text-draft",
  keyword: "text-draft",
  string: "text-ok",
  number: "text-warn",
  danger: "text-bad",
  comment: "text-ink-3",
  plain: "",
};

/** Beyond this many lines the rest is counted, not drawn: a person reads the start, a tool the file. */
export const LINES_MAX = 2_000;

/** Code to read and copy: mono, coloured by meaning, with line numbers when asked. */
export function CodeView({
  code,
  language,
  numbers = false,
  wrap = false,
  label,
  className,
}: {
  code: string;
  language: CodeLanguage;
  numbers?: boolean | undefined;
  wrap?: boolean | undefined;
  label: string;
  className?: string | undefined;
}) {
  const lines = useMemo(() => code.split("\n"), [code]);
  const shown = lines.slice(0, LINES_MAX);
  return (
    <div
      role="region"
      aria-label={label}
      tabIndex={0}
      className={cx("ring-cell overflow-auto font-mono text-code select-text", className)}
    >
      <pre className={cx("min-w-max", wrap && "min-w-0! wrap-anywhere whitespace-pre-wrap")}>
        {shown.map((line, index) => (
          <div key={index} className={cx(numbers && "grid grid-cols-[40px_minmax(0,1fr)]")}>
            {numbers ? (
              <span aria-hidden className="pr-3 text-right text-ink-3 select-none">
                {index + 1}
              </span>
            ) : null}
            <span>
              {tokens(line, language).map((token, at) => (
                <span key={at} className={TONE[token.kind]}>
                  {token.text}
                </span>
              ))}
              {line === "" ? "\u200b" : null}
            </span>
          </div>
        ))}
        {lines.length > shown.length ? (
          <div className="text-ink-3">{t("code.more", { count: lines.length - shown.length })}</div>
        ) : null}
      </pre>
    </div>
  );
}
