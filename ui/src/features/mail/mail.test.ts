import { describe, expect, test } from "vitest";
import { askAgain, marksOf } from "./log";
import { safePage } from "./safe-page";
import { asOwn, linesOf, ownOf, PROJECT, sameText, type Row } from "./templates";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const waits = (status: "queued" | "sending" | "sent" | "caught" | "error", next: string | null = null) => ({ status, nextAttemptAt: next });

describe("the log is asked for again", () => {
  test("only while a mail is on its way", () => {
    expect(askAgain([], NOW, 0)).toBe(false);
    expect(askAgain([waits("sent"), waits("caught"), waits("error")], NOW, 0)).toBe(false);
    expect(askAgain([waits("sent"), waits("queued", at(0))], NOW, 0)).toBe(3_000);
    expect(askAgain([waits("sending", at(5))], NOW, 0)).toBe(3_000);
  });

  test("seldom while the next try is a while off", () => {
    expect(askAgain([waits("queued", at(5))], NOW, 0)).toBe(60_000);
    expect(askAgain([waits("queued", at(5)), waits("queued", at(0.5))], NOW, 0)).toBe(3_000);
  });

  test("not for ever while nothing changes", () => {
    expect(askAgain([waits("queued", at(0))], NOW, 99)).toBe(3_000);
    expect(askAgain([waits("queued", at(0))], NOW, 100)).toBe(false);
    const one = { id: "1", status: "queued", attempts: 0 } as const;
    expect(marksOf([one])).not.toBe(marksOf([{ ...one, attempts: 1 }]));
    expect(marksOf([one])).not.toBe(marksOf([{ ...one, status: "sending" }]));
  });
});

describe("the page of a mail", () => {
  test("keeps its styles and its own pictures, and loads, runs and sends nothing", () => {
    const { html, remote } = safePage(
      `<html><head><style>p{color:red}</style><script>alert(1)</script><meta http-equiv="refresh" content="0;url=https://x.example"><base href="https://x.example/"><link rel="stylesheet" href="https://x.example/a.css"></head>
       <body style="margin:0"><p>Hi</p><script src="https://x.example/b.js"></script><iframe src="https://x.example"></iframe><object data="x"></object>
       <img src="https://x.example/pixel.gif" alt="Logo"><img src="data:image/png;base64,AAAA"><img srcset="https://x.example/2x.png 2x"></body></html>`,
    );
    expect(html).toContain("p{color:red}");
    expect(html).toContain("margin:0");
    expect(html).toContain("data:image/png;base64,AAAA");
    expect(html).toContain('alt="Logo"');
    expect(html).not.toMatch(/<script|<iframe|<object|<link|http-equiv="refresh"|x\.example/);
    expect(html.indexOf("Content-Security-Policy")).toBeLessThan(html.indexOf("p{color:red}"));
    expect(html).toContain("default-src 'none'");
    expect(remote).toBe(1);
  });

  test("tells its links once, in their order, and lets none of them open in the frame", () => {
    const { links, html } = safePage('<a href="https://a.example/?t=1" target="_self">Sign \n in</a><a href="#top">Top</a><a href="https://b.example">B</a><a href="https://a.example/?t=1">again</a>');
    expect(links).toEqual([
      { url: "https://a.example/?t=1", text: "Sign in" },
      { url: "https://b.example", text: "B" },
    ]);
    expect(html).toContain('<base target="_blank">');
    expect(html).not.toContain("_self");
  });

  test("a mail that is no page is one afterwards", () => {
    expect(safePage("Hello & welcome").html).toMatch(/^<!doctype html><html><head>.*<\/head><body>Hello &amp; welcome<\/body><\/html>$/s);
  });
});

describe("whose text a mail has", () => {
  const builtIn = { subject: "S", body: "B" };
  const row = (over: Partial<Row> = {}): Row => ({ id: "1", type: "welcome", tenant: PROJECT, subject: "Mine", body: "B", active: true, ...over });

  test("a row that says what the built-in text does is none of the project's own", () => {
    expect(ownOf([row()], PROJECT, "welcome", builtIn)).toEqual({ subject: "Mine", body: "B" });
    expect(ownOf([row({ subject: "S" })], PROJECT, "welcome", builtIn)).toBeUndefined();
    expect(asOwn(builtIn, PROJECT, builtIn)).toBeUndefined();
  });

  test("a tenant's stands in the way of the project's, whatever it says", () => {
    expect(ownOf([row(), row({ tenant: "t", subject: "S" })], "t", "welcome", builtIn)).toEqual(builtIn);
    expect(ownOf([row()], "t", "welcome", builtIn)).toBeUndefined();
  });

  test("one that is not active is passed over, and one without a body has an empty one", () => {
    expect(ownOf([row({ active: false })], PROJECT, "welcome", builtIn)).toBeUndefined();
    expect(ownOf([row({ body: null })], PROJECT, "welcome", builtIn)).toEqual({ subject: "Mine", body: "" });
    expect(sameText(undefined, builtIn)).toBe(false);
    expect(sameText({ ...builtIn }, builtIn)).toBe(true);
  });
});

test("the lines that ask for a variable are found by whole names within tags", () => {
  const text = ["{{ wether }}", "wether", "{% if wether == 1 %}x{% endif %}", "{{ wethers }} {{ a.wether }}", '{{ "wether" }}', "{{ b }}{{- wether | upcase -}}"].join("\n");
  expect(linesOf(text, "wether")).toEqual([1, 3, 6]);
  expect(linesOf("", "wether")).toEqual([]);
});
