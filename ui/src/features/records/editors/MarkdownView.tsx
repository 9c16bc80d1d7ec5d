import { Fragment, useMemo, type ReactNode } from "react";
import { cx } from "@/kit/cx";
import { readMarkdown, type Inline, type Part } from "./markdown";
import { e } from "./messages";

/** Text longer than this is drawn up to here; the rest is in the editor. */
const DRAWN_MAX = 200_000;

export function MarkdownView({ text, label, className }: { text: string; label: string; className?: string }) {
  const parts = useMemo(() => readMarkdown(text.slice(0, DRAWN_MAX)), [text]);
  return (
    <div role="document" aria-label={label} tabIndex={0} className={cx("ring-cell overflow-auto leading-5 break-words select-text", className)}>
      {parts.length === 0 ? <p className="text-ink-3">{e("md.empty")}</p> : parts.map(drawPart)}
    </div>
  );
}

const SIZES = ["text-[18px]", "text-[16px]", "text-[14px]", "text-[13px]", "text-base", "text-second"];

function drawPart(part: Part, index: number): ReactNode {
  switch (part.t) {
    case "heading":
      return (
        <p key={index} role="heading" aria-level={part.level} className={cx("mt-3 mb-1 font-semibold first:mt-0", SIZES[part.level - 1])}>
          {part.v.map(drawInline)}
        </p>
      );
    case "paragraph":
      return (
        <p key={index} className="my-2 first:mt-0 last:mb-0">
          {part.v.map(drawInline)}
        </p>
      );
    case "code":
      return (
        <pre key={index} className="my-2 overflow-auto rounded-control border border-line bg-bg-sunk p-2 font-mono text-code">
          {part.v}
        </pre>
      );
    case "quote":
      return (
        <blockquote key={index} className="my-2 border-l-2 border-line-strong pl-3 text-ink-2">
          {part.v.map(drawPart)}
        </blockquote>
      );
    case "list": {
      const List = part.ordered ? "ol" : "ul";
      return (
        <List key={index} start={part.ordered ? part.start : undefined} className={cx("my-2 pl-5", part.ordered ? "list-decimal" : "list-disc")}>
          {part.v.map((item, at) => (
            <li key={at}>{item.map((inner, place) => (inner.t === "paragraph" ? <Fragment key={place}>{inner.v.map(drawInline)}</Fragment> : drawPart(inner, place)))}</li>
          ))}
        </List>
      );
    }
    case "table":
      return (
        <table key={index} className="my-2 border-collapse text-left">
          <thead>
            <tr>
              {part.head.map((cell, at) => (
                <th key={at} className="border-b border-line-strong px-2 py-1 font-semibold">
                  {cell.map(drawInline)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {part.rows.map((row, at) => (
              <tr key={at}>
                {row.map((cell, place) => (
                  <td key={place} className="border-b border-line-2 px-2 py-1">
                    {cell.map(drawInline)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
    case "rule":
      return <hr key={index} className="my-3 border-line" />;
  }
}

function drawInline(part: Inline, index: number): ReactNode {
  switch (part.t) {
    case "text":
      return <Fragment key={index}>{part.v}</Fragment>;
    case "code":
      return (
        <code key={index} className="rounded-tag bg-bg-sunk px-1 font-mono text-code">
          {part.v}
        </code>
      );
    case "strong":
      return <strong key={index}>{part.v.map(drawInline)}</strong>;
    case "em":
      return <em key={index}>{part.v.map(drawInline)}</em>;
    case "strike":
      return <s key={index}>{part.v.map(drawInline)}</s>;
    case "link":
      return (
        <a key={index} href={part.href} title={part.href} target="_blank" rel="noreferrer noopener" className="underline underline-offset-2">
          {part.v.map(drawInline)}
        </a>
      );
    case "image":
      return (
        <span key={index} className="text-ink-3 italic">
          {e("md.image", { alt: part.alt })}
        </span>
      );
    case "break":
      return <br key={index} />;
  }
}
