import { createPlinth, PlinthError } from "@plinth/sdk";
import { expect, test, vi } from "vitest";
import type { Project } from "@/host/host";
import type { Client } from "@/host/session";
import { parseJson } from "@/lib/exact-json";
import { createPending, keyOf, type Journal, type Pending } from "@/lib/pending";
import { contrast, hexOf, inkOn, ratioText, readingOf } from "./colours";
import { MovedError, settingsAdapter } from "./queries";
import { held, keyFault, limitOf, SCOPE, SECRET, sectionOf, targetOf } from "./settings";

const PASSWORD = "correct horse battery";

/** A server that keeps one row, and says what it was asked to write. */
function server(stored: Record<string, unknown>, refuse?: { status: number; body: unknown }) {
  const row: Record<string, unknown> = { id: 1, project_name: "Press", title: null, smtp_enabled: false, appName: "Press", ...stored };
  const sent: string[] = [];
  const fetch = vi.fn(async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const json = (body: unknown, status = 200) => Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers: { "content-type": "application/json" } }));
    if (init.method === "PATCH") {
      sent.push(String(init.body));
      if (refuse) return await json(refuse.body, refuse.status);
      for (const [name, value] of Object.entries(JSON.parse(String(init.body)) as object)) {
        if (value === null && sectionOf(name) === "keys") delete row[name];
        else if (name !== SECRET) row[name] = value;
      }
      return await json({ data: row });
    }
    const mail = { smtp_host: row["smtp_host"] ?? null };
    if (pathname.startsWith("/items/")) return await json({ data: [mail] });
    return await json({ data: row });
  });
  const client = createPlinth({ url: "http://plinth.test", token: "t", numbers: "exact", fetch }) as unknown as Client;
  return { row, sent, client };
}

function staging(client: Client, journal?: Journal): { pending: Pending; stage: (name: string, before: string | undefined, after: string | undefined, secret?: boolean) => void } {
  const pending = createPending({ ...(journal ? { journal } : {}), journalDelay: 0 });
  pending.register(SCOPE, settingsAdapter({ client, project: { id: "here" } as Project }, () => Promise.resolve()));
  return {
    pending,
    stage: (name, before, after, secret) => pending.stage({ target: targetOf(name), before, after, ...(secret ? { secret } : {}) }),
  };
}

function memory(): Journal & { readonly texts: string[] } {
  const kept = new Map<string, string>();
  const texts: string[] = [];
  return {
    texts,
    read: (key) => Promise.resolve(kept.get(key) ?? null),
    write: (key, text) => {
      texts.push(text);
      kept.set(key, text);
      return Promise.resolve();
    },
    remove: (key) => {
      kept.delete(key);
      return Promise.resolve();
    },
  };
}

test("a secret is in no journal, in no preview, and is sent once", async () => {
  const { client, sent } = server({});
  const journal = memory();
  const { pending, stage } = staging(client, journal);
  stage("smtp_host", "null", '"smtp.example.com"');
  stage(SECRET, undefined, JSON.stringify(PASSWORD), true);
  stage(SECRET, undefined, JSON.stringify(`${PASSWORD} 2`), true);
  await pending.flush();
  pending.undo();
  pending.redo();
  await pending.flush();
  expect(journal.texts.join()).toContain("smtp.example.com");
  expect(journal.texts.join()).not.toContain(PASSWORD);
  expect(journal.texts.join()).not.toContain(SECRET);
  const preview = await pending.preview(SCOPE);
  expect(preview.statements.join()).toContain("smtp.example.com");
  expect(preview.statements.join()).not.toContain(PASSWORD);
  const answer = await pending.commit(SCOPE);
  // Nobody knows what stood there, so nothing is offered that could not put it back.
  expect(answer).toEqual({ ok: true });
  expect(sent.map((text) => JSON.parse(text) as unknown)).toEqual([{ smtp_host: "smtp.example.com", smtp_pass: `${PASSWORD} 2` }]);
  await pending.flush();
  expect(journal.texts.join()).not.toContain(PASSWORD);
});

test("a commit sends what changed and nothing else, and is taken back by what stood there", async () => {
  const { client, sent, row } = server({ theme: { night: true } });
  const { pending, stage } = staging(client);
  stage("project_name", '"Press"', '"Corner shop"');
  stage("theme", '{"night":true}', undefined);
  stage("help", undefined, '"https://help.example.com"');
  const answer = await pending.commit(SCOPE);
  expect(JSON.parse(sent[0] ?? "")).toEqual({ project_name: "Corner shop", theme: null, help: "https://help.example.com" });
  expect(row).toMatchObject({ project_name: "Corner shop", help: "https://help.example.com" });
  if (!answer.ok) throw new Error("the commit met a conflict");
  await answer.undo?.();
  expect(row).toMatchObject({ project_name: "Press", theme: { night: true } });
  expect(row).not.toHaveProperty("help");
});

test("nothing is put back over what somebody wrote since", async () => {
  const { client, sent, row } = server({});
  const { pending, stage } = staging(client);
  stage("title", "null", '"Mine"');
  const answer = await pending.commit(SCOPE);
  row["title"] = "Theirs";
  if (!answer.ok) throw new Error("the commit met a conflict");
  await expect(answer.undo?.()).rejects.toThrow(MovedError);
  expect(sent).toHaveLength(1);
});

test("what somebody else changed meanwhile is a conflict, by value; the same change is none", async () => {
  const { client, sent, row } = server({ title: "Old", theme: [1, 2], limits: { a: 1, b: 2 }, session_limit_roles: ["r1", "r2"] });
  const { pending, stage } = staging(client);
  stage("title", '"Old"', '"Mine"');
  stage("theme", "[1,2]", "[3]");
  stage("limits", '{"b":2,"a":1.0}', '{"a":2}');
  stage("session_limit_roles", '["r2","r1"]', '["r1"]');
  stage("keywords", "null", '"same"');
  row["title"] = "Theirs";
  row["keywords"] = "same";
  delete row["theme"];
  const answer = await pending.commit(SCOPE);
  expect(answer).toEqual({
    ok: false,
    conflicts: [
      { key: keyOf(targetOf("title")), base: '"Old"', theirs: '"Theirs"', mine: '"Mine"' },
      { key: keyOf(targetOf("theme")), base: "[1,2]", theirs: undefined, mine: "[3]" },
    ],
  });
  expect(sent).toEqual([]);
  pending.resolve(keyOf(targetOf("title")), "mine");
  pending.resolve(keyOf(targetOf("theme")), "theirs");
  expect(await pending.commit(SCOPE)).toMatchObject({ ok: true });
  expect(JSON.parse(sent[0] ?? "")).toEqual({ title: "Mine", limits: { a: 2 }, session_limit_roles: ["r1"], keywords: "same" });
});

test("digits that no double holds are sent as they were written, or not at all", async () => {
  const { client, sent } = server({});
  const { pending, stage } = staging(client);
  stage("big", undefined, '{"n":9007199254740993,"d":1.10,"i":3}');
  const canSend = "rawJSON" in JSON;
  const done = await pending.commit(SCOPE).then(
    () => true,
    () => false,
  );
  expect(done).toBe(canSend);
  expect(sent).toEqual(canSend ? ['{"big":{"n":9007199254740993,"d":1.10,"i":3}}'] : []);
});

test("a refused commit keeps what was staged and throws what the server said", async () => {
  const body = { message: "Validation failed", error: { message: "Validation failed", code: "VALIDATION_ERROR", statusCode: 400 }, details: [{ code: "type", field: "smtp_port", message: "must be an integer" }] };
  const { client } = server({}, { status: 400, body });
  const { pending, stage } = staging(client);
  stage("project_name", '"Press"', '"Other"');
  await expect(pending.commit(SCOPE)).rejects.toThrow(PlinthError);
  expect(pending.statusOf(SCOPE)).toBe("failed");
  expect(pending.opsOf(SCOPE)).toHaveLength(1);
});

test("an answer is told apart into columns, pictures and free keys, each with its digits", () => {
  const read = (text: string) => {
    const parsed = parseJson(text);
    if (!parsed.ok) throw new Error("no JSON");
    return parsed.node;
  };
  const told = read(
    '{"id":1,"tenant_Id":null,"project_name":"Press","appName":"Press","primaryColor":null,"smtp_enabled":true,"project_icon_Id":"k","project_icon":{"id":"k","title":null,"filename":"mark.svg"},"metadata":null,"createdAt":"x","theme":{"n":1.10},"a flag":true}',
  );
  const all = held(told, read('{"smtp_host":"h","smtp_port":587,"id":1}'));
  expect(Object.fromEntries(all.values)).toEqual({ project_name: '"Press"', smtp_enabled: "true", project_icon_Id: '"k"', theme: '{"n":1.10}', "a flag": "true", smtp_host: '"h"', smtp_port: "587" });
  expect(all.free).toEqual(["a flag", "theme"]);
  expect(all.pictures.get("project_icon_Id")).toEqual({ title: "mark.svg" });
});

test("names that the server keeps for itself are no free keys", () => {
  const faults = ["theme", "", "id", "logo", "primaryColor", "SMTP_relay", "project_icon", "smtp_pass", "x".repeat(100), "x".repeat(101)].map(keyFault);
  expect(faults).toEqual([null, "empty", "taken", "taken", "taken", "taken", "taken", "taken", null, "long"]);
});

test("less than none, and nothing, are both no limit; none at all is one", () => {
  expect([limitOf("-1"), limitOf("null"), limitOf(undefined), limitOf("0"), limitOf("5")]).toEqual([null, null, null, 0, 5]);
});

test("how well a colour is read is told by its figure and never rounded up", () => {
  expect([hexOf("#FFF"), hexOf("663399"), hexOf(" #663399 "), hexOf("#66339"), hexOf("red")]).toEqual(["#ffffff", "#663399", "#663399", null, null]);
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(ratioText(contrast("#663399", "#ffffff"))).toBe("8.40");
  // 4.478…:1 is not 4.5.
  expect([ratioText(contrast("#777777", "#ffffff")), readingOf(contrast("#777777", "#ffffff"))]).toEqual(["4.47", "large"]);
  expect([readingOf(contrast("#767676", "#ffffff")), readingOf(contrast("#cccccc", "#ffffff"))]).toEqual(["text", "none"]);
  expect([inkOn("#663399"), inkOn("#f0f0f0")]).toEqual(["#ffffff", "#000000"]);
});
