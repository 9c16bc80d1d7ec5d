/** The Data screen with a server of 450 orders behind it, as the tests open it. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, vi } from "vitest";
import { SessionContext, type Session } from "@/host/session";
import { useKeyDispatch } from "@/kit/commands";
import { TooltipProvider } from "@/kit/Tooltip";
import { readCollection } from "@/lib/fields";
import { createPending } from "@/lib/pending";
import { setLocale } from "@/messages/catalogue";
import { DataPage } from "../DataPage";

const schema = {
  timestamps: false,
  fields: {
    id: { type: "BigInt", primaryKey: true, defaultValue: { type: "AUTOINCREMENT" } },
    total: { type: "Decimal", values: { precision: 12, scale: 2 } },
    note: { type: "String" },
    status: { type: "Enum", values: ["draft", "paid"] },
    paid: { type: "Boolean", defaultValue: false },
    placed_at: { type: "DateTime", defaultValue: { type: "NOW" } },
  },
};
export const orders = readCollection("orders", schema);

// Machines that build at the same time are slow; what is right is not a matter of a second.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 40_000 });

// A page has no size here; the grid is told it has one.
beforeEach(() => {
  setLocale("en");
  for (const [name, size] of [["clientWidth", 1200], ["clientHeight", 400], ["offsetWidth", 1200], ["offsetHeight", 400]] as const) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size });
  }
});

export interface Asked {
  method: string;
  path: string;
  params?: Record<string, unknown>;
  body?: { operations?: unknown[]; dryRun?: boolean };
}

export function open(answer: (asked: Asked) => unknown = () => undefined, search: Record<string, unknown> = {}, rights: object = {}, fields: object = {}) {
  const asked: Asked[] = [];
  const rows = Array.from({ length: 450 }, (_, i) => ({
    id: 1000 + i, total: `${String(i)}.50`, note: i === 1 ? "" : i === 2 ? null : `note ${String(i)}`, status: "draft", paid: false, placed_at: "2026-11-20T19:42:07.000Z",
  }));
  const http = {
    stream: async (request: Asked): Promise<Response> => new Response(JSON.stringify(await http.request(request))),
    request: (request: Asked): Promise<unknown> => {
      asked.push(request);
      const own = answer(request);
      if (own instanceof Error) return Promise.reject(own);
      if (own !== undefined) return Promise.resolve(own);
      const after = request.params?.["after"];
      const start = typeof after === "string" ? Number(after || 0) : Number(request.params?.["offset"] ?? 0);
      const limit = Number(request.params?.["limit"] ?? 0);
      if (request.path === "/items/orders") {
        const end = Math.min(start + limit, rows.length);
        return Promise.resolve({ data: rows.slice(start, end), cursor: end < rows.length ? String(end) : null, totalCount: 9000, totalCountEstimated: true });
      }
      return Promise.resolve({ data: [] });
    },
  };
  const all = { fields: ["*"], conditional: false };
  const pending = createPending();
  const session = {
    project: { id: "p", name: "Shop", kind: "local", environment: "local", guard: "open", place: "", store: "sqlite", state: "running" },
    url: "http://x",
    token: undefined,
    user: { id: "u1" },
    pending,
    client: {
      http,
      items: () => ({ export: () => Promise.resolve(new Response("")) }),
      imports: { rejects: () => Promise.resolve(new Response("")) },
      schemas: { find: () => Promise.resolve({ data: [{ collectionName: "orders", schema: { ...schema, fields: { ...schema.fields, ...fields } } }], totalCount: 1 }) },
      access: { me: () => Promise.resolve({ role: "administrator", collections: { orders: { create: all, read: all, update: all, delete: all }, ...rights } }) },
    },
  } as unknown as Session;
  const onSearch = vi.fn();
  function Keys() {
    useKeyDispatch();
    return null;
  }
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <SessionContext.Provider value={session}>
        <TooltipProvider>
          <Keys />
          <DataPage collection="orders" search={search} onSearch={onSearch} onOpen={vi.fn()} />
        </TooltipProvider>
      </SessionContext.Provider>
    </QueryClientProvider>,
  );
  return { asked, pending, onSearch };
}

export async function cell(row: string, name: string): Promise<HTMLElement> {
  const grid = await screen.findByRole("grid");
  const header = await within(grid).findByRole("columnheader", { name: new RegExp(`^${name}`) });
  const col = header.dataset["col"] ?? "";
  return waitFor(() => {
    const found = grid.querySelector<HTMLElement>(`[data-row="${row}"][data-col="${col}"]`);
    if (!found) throw new Error(`no cell ${row} ${name}`);
    return found;
  });
}

export const press = (node: Element, key: string, more: object = {}) => act(() => void fireEvent.keyDown(node, { key, ...more }));
export const focused = () => document.activeElement ?? document.body;
