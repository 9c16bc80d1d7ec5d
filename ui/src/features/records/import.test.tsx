import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { SessionContext, type Session } from "@/host/session";
import { TooltipProvider } from "@/kit/Tooltip";
import { readCollection } from "@/lib/fields";
import { createPending } from "@/lib/pending";
import { ImportPage } from "./imports/ImportPage";

configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 40_000 });

const rates = readCollection("rates", {
  timestamps: false,
  fields: {
    id: { type: "Integer", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
    lane: { type: "String", allowNull: false },
    price: { type: "Decimal", values: { precision: 10, scale: 2 } },
  },
});

const base = {
  collection: "rates", rowsRead: 3, rowsRejected: 1, rowsPerSecond: 900, bytesRead: 60, bytesTotal: 60, hash: "a".repeat(64), fileName: "q4.csv",
  startedAt: "2026-11-21T10:00:00.000Z", endedAt: "2026-11-21T10:00:04.000Z",
  errors: [{ line: 3, column: "price", value: "12.5O", message: "Value must be a number" }],
};
const none = { rowsBefore: null, rowsAfter: null, firstKey: null, lastKey: null, pace: [], relatedRemoved: 0, othersRemoved: 0, relatedLeft: 0, left: [], mapping: { lane: "lane", price: "price" } };
const pace = [0, 1, 2, 3, 4].map((at) => ({ ms: at * 1000, rows: at * 900 }));
const checked = { ...base, ...none, id: "dry", state: "done", dryRun: true, rowsValid: 2, rowsWritten: 0 };
const written = { ...base, ...none, id: "job", state: "done", dryRun: false, rowsValid: 2, rowsWritten: 2 };

interface Asked {
  method: string;
  path: string;
  body?: FormData;
}

function open(answer: (asked: Asked) => unknown, job: string | null = null, grant: object | false = { fields: ["*"], conditional: false }, rejects = "line,reason\n") {
  const asked: Asked[] = [];
  const request = (one: Asked): Promise<unknown> => {
    asked.push(one);
    const own = answer(one);
    if (own instanceof Error) return Promise.reject(own);
    if (own !== undefined) return Promise.resolve(own);
    if (one.path === "/imports") return Promise.resolve({ data: [] });
    return Promise.resolve({ data: [], totalCount: 2 });
  };
  const rights = { create: grant, read: grant, update: grant, delete: grant };
  const session = {
    pending: createPending(),
    project: { id: "p", name: "Shop", kind: "local", environment: "local", guard: "open", place: "", store: "sqlite", state: "running" },
    url: "http://x",
    client: {
      http: { request, stream: async (one: Asked) => new Response(JSON.stringify(await request(one))) },
      items: () => ({ export: () => Promise.resolve(new Response("")) }),
      imports: { rejects: () => Promise.resolve(new Response(rejects)) },
      access: { me: () => Promise.resolve({ role: "administrator", collections: { rates: rights } }) },
    },
  } as unknown as Session;
  const onRows = vi.fn();
  function Page() {
    const [at, setAt] = useState(job);
    return <ImportPage collection={rates} job={at} onJob={setAt} onRows={onRows} />;
  }
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <SessionContext.Provider value={session}>
        <TooltipProvider>
          <Page />
        </TooltipProvider>
      </SessionContext.Provider>
    </QueryClientProvider>,
  );
  return { asked, onRows };
}

function choose(file: File): void {
  fireEvent.change(document.querySelector("input[type=file]") ?? document.body, { target: { files: [file] } });
}

describe("an import", () => {
  it("goes from file to mapping, dry run and receipt, and writes only after the dry run", async () => {
    const { asked, onRows } = open((one) => {
      if (one.path === "/imports" && one.method === "POST") return { data: one.body?.get("dryRun") === "true" ? checked : written };
      if (one.path === "/imports/dry") return { data: checked };
      if (one.path === "/imports/job") return { data: written };
      return undefined;
    });
    choose(new File(["lane;price\nA-B;12.40\nB-C;12.5O\nC-D;NULL\n"], "q4.csv"));
    fireEvent.click(await screen.findByRole("button", { name: "Dry run" }));
    expect(await screen.findByText("2 rows can be imported")).toBeTruthy();
    const sent = asked.find((one) => one.method === "POST")?.body;
    expect(sent?.get("mapping")).toBe('{"lane":"lane","price":"price"}');
    expect(sent?.get("delimiter")).toBe(";");
    expect(sent?.get("nullText")).toBe("NULL");
    // The refused row stands among its neighbours, with what is wrong with it.
    const left = screen.getByRole("complementary", { name: "Left out" });
    await waitFor(() => expect(left.textContent).toContain("B-C;12.5O"));
    expect(left.textContent).toContain("line 3");
    expect(left.textContent).toContain("Character 5 is the letter O, not a zero");

    fireEvent.click(screen.getByRole("button", { name: "Import 2 rows to local" }));
    expect(await screen.findByText("2 rows are in rates. 1 row was left out.")).toBeTruthy();
    expect(asked.filter((one) => one.method === "POST").map((one) => one.body?.get("dryRun"))).toEqual(["true", "false"]);
    expect(screen.getByText("4.0 s, 900 rows per s", { selector: "dd" })).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Open rates" }));
    expect(onRows).toHaveBeenCalled();
  });

  it("says which field is taken already, and marks the refused cell of the line, not the same text elsewhere in it", async () => {
    const errors = [{ line: 3, column: "price", field: "price", value: "2", message: "is taken already, in line 2", code: "UNIQUE_VIOLATION" }];
    open((one) => {
      if (one.path === "/imports" && one.method === "POST") return { data: { ...checked, errors } };
      if (one.path === "/imports/dry") return { data: { ...checked, errors } };
      return undefined;
    });
    choose(new File(['lane;price\nA;2\n"2;2";2\n'], "q4.csv"));
    fireEvent.click(await screen.findByRole("button", { name: "Dry run" }));
    expect(await screen.findByText("price is taken already, by line 2")).toBeTruthy();
    await waitFor(() => expect([...document.querySelectorAll("mark")].map((one) => [one.previousSibling?.textContent, one.textContent])).toEqual([['"2;2";', "2"]]));
  });

  it("does not run while a field that needs a value gets none", async () => {
    open(() => undefined);
    choose(new File(["price\n1\n"], "q4.csv"));
    const run = await screen.findByRole<HTMLButtonElement>("button", { name: "Dry run" });
    expect(run.disabled).toBe(true);
    expect(screen.getByText("lane needs a value and no column goes there")).toBeTruthy();
  });

  it("says what is no such file, and who may not", async () => {
    open(() => undefined);
    choose(new File(["x"], "picture.png"));
    expect(await screen.findByText("picture.png is not a CSV, JSON or NDJSON file")).toBeTruthy();
    document.body.innerHTML = "";
    open(() => undefined, null, false);
    expect(await screen.findByText("Your role may not add rows to rates")).toBeTruthy();
  });

  it("follows a job it finds in the address and takes it back after a question", async () => {
    let state = "done";
    const { asked } = open((one) => {
      if (one.path === "/imports/job/undo") {
        state = "undone";
        return { data: { ...written, state: "undoing" } };
      }
      return one.path === "/imports/job" ? { data: { ...written, state } } : undefined;
    }, "job");
    fireEvent.click(await screen.findByRole("button", { name: "Undo this import" }));
    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toContain("Take 2 imported rows out of rates?");
    expect(asked.some((one) => one.path.endsWith("/undo"))).toBe(false);
    fireEvent.click(within(dialog).getByRole("button", { name: "Undo this import" }));
    expect(await screen.findByText("2 rows were taken out again")).toBeTruthy();
  });

  it("says which later changes an undo would lose, and takes rows out only after that", async () => {
    let state = "done";
    const words = "1 of the 2 rows that this import wrote were changed since; taking them out loses these changes";
    const { asked } = open((one) => {
      if (one.path === "/imports/job/undo") {
        if (asked.filter((other) => other.path.endsWith("/undo")).length === 1) return Object.assign(new Error(words), { status: 409, code: "CONSENT_REQUIRED", details: [] });
        state = "undone";
        return { data: { ...written, state: "undoing" } };
      }
      return one.path === "/imports/job" ? { data: { ...written, state } } : undefined;
    }, "job");
    fireEvent.click(await screen.findByRole("button", { name: "Undo this import" }));
    fireEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Undo this import" }));
    expect(await screen.findByText(`${words}.`)).toBeTruthy();
    expect(screen.queryByText("2 rows were taken out again")).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "Take them out all the same" }));
    expect(await screen.findByText("2 rows were taken out again")).toBeTruthy();
    expect(asked.filter((one) => one.path.endsWith("/undo"))).toHaveLength(2);
  });

  it("offers the old receipt instead of writing the same file twice", async () => {
    open((one) => {
      if (one.path === "/imports/dry") return { data: checked };
      if (one.path === "/imports/job") return { data: written };
      return one.path === "/imports" ? { data: [checked, written] } : undefined;
    }, "dry");
    fireEvent.click(await screen.findByRole("button", { name: "Show that receipt" }));
    expect(await screen.findByText("2 rows are in rates. 1 row was left out.")).toBeTruthy();
  });

  it("keeps what the server refused in place, and nothing is lost", async () => {
    open((one) => (one.method === "POST" ? Object.assign(new Error("the file is larger than 50 MB"), { status: 413, code: "TOO_LARGE", details: [] }) : undefined));
    choose(new File(["lane\nA\n"], "q4.csv"));
    fireEvent.click(await screen.findByRole("button", { name: "Dry run" }));
    expect(await screen.findByText("The import did not start: the file is larger than 50 MB")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Dry run" })).toBeTruthy();
  });

  it("mends a row that was left out where it stands, and imports that row alone", async () => {
    let later: object[] = [];
    const { asked } = open(
      (one) => {
        if (one.method === "POST" && one.path === "/imports") {
          const name = (one.body?.get("file") as File).name;
          const small = { ...written, id: "small", rowsRead: 1, rowsRejected: 0, rowsWritten: 1, errors: [], fileName: name };
          later = [small];
          return { data: small };
        }
        if (one.path === "/imports") return { data: later };
        if (one.path === "/imports/job") return { data: written };
        return undefined;
      },
      "job",
      { fields: ["*"], conditional: false },
      'lane,price,_line,_reason\n"OPO, MAD",12.5O,3,must be a number\n',
    );
    const price = await screen.findByLabelText("price");
    expect(screen.getByText("Character 5 is the letter O, not a zero")).toBeTruthy();
    const button = screen.getByRole<HTMLButtonElement>("button", { name: /^Import this row/ });
    expect(button.disabled).toBe(true);
    fireEvent.change(price, { target: { value: "12.50" } });
    fireEvent.click(button);
    await screen.findByText("Mended, and in rates");
    const body = asked.find((one) => one.method === "POST" && one.path === "/imports")?.body;
    expect(await (body?.get("file") as File).text()).toBe('lane,price\n"OPO, MAD",12.50\n');
    expect(body?.get("dryRun")).toBe("false");
    expect(screen.queryByLabelText("price")).toBeNull();
    expect(screen.getByText("Mended and imported since")).toBeTruthy();
  });

  it("shows the rows before and after, how fast it went, and the first and the last row", async () => {
    const whole = { ...written, rowsBefore: 40, rowsAfter: 42, firstKey: "41", lastKey: "42", pace };
    open((one) => {
      if (one.path === "/imports/job") return { data: whole };
      if (one.path === "/items/rates/41") return { data: { id: 41, lane: "OPO-LHR", price: "18.20" } };
      if (one.path === "/items/rates/42") return { data: { id: 42, lane: "ZRH-WAW", price: null } };
      return undefined;
    }, "job");
    expect(await screen.findByText("40 → 42")).toBeTruthy();
    expect(screen.getByText("Counted again after the write: 42")).toBeTruthy();
    expect(screen.getByText(/Possible until 2026-11-22 10:00/)).toBeTruthy();
    const speed = screen.getByRole("region", { name: "How fast it went" });
    expect(within(speed).getByRole("img", { name: "In 4.0 s, between 900 and 900 rows per second" })).toBeTruthy();
    const ends = await screen.findByRole("region", { name: "First and last row written" });
    await waitFor(() => expect(within(ends).getAllByRole("row").map((row) => row.textContent)).toEqual(["idlaneprice", "41OPO-LHR18.20", "42ZRH-WAWNULL"]));
  });

  it("names the related records that an undo left, and why", async () => {
    const left = [{ collection: "makers", id: "7", why: "referenced" }, { collection: "towns", id: "3", why: "changed" }];
    open((one) => (one.path === "/imports/job" ? { data: { ...written, state: "undone", relatedRemoved: 4, relatedLeft: 3, left } } : undefined), "job");
    const stayed = await screen.findByRole("region", { name: "Records that stayed" });
    expect(within(stayed).getAllByRole("row").slice(1).map((one) => one.textContent)).toEqual([
      "makers7other records point at it",
      "towns3it was changed since",
    ]);
    expect(stayed.textContent).toContain("and 1 more");
    expect(screen.getByText("Related records taken out, too").nextSibling?.textContent).toBe("4");
  });

  it("says when rows of others changed the sum meanwhile", async () => {
    open((one) => (one.path === "/imports/job" ? { data: { ...written, rowsBefore: 40, rowsAfter: 45 } } : undefined), "job");
    expect(await screen.findByText("Counted again after the write: 3 rows of others changed the sum meanwhile")).toBeTruthy();
    expect(screen.queryByRole("region", { name: "How fast it went" })).toBeNull();
  });
});
