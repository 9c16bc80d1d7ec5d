/** Home in the desktop, with a list of projects behind it. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { ConnectionReport, Project, SecretKeeping } from "@/host/host";
import { runCommand, useKeyDispatch } from "@/kit/commands";
import { TooltipProvider } from "@/kit/Tooltip";

const stage = vi.hoisted(() => ({
  wide: true,
  changed: null as (() => void) | null,
  keeping: "keychain" as SecretKeeping,
  created: vi.fn(),
  report: { reachable: true, ours: true } as ConnectionReport,
  tested: vi.fn(),
  edited: vi.fn(),
}));

vi.stubGlobal("matchMedia", (query: string) => ({
  get matches() {
    return query === "(min-width: 1101px)" && stage.wide;
  },
  addEventListener: (_: string, changed: () => void) => {
    stage.changed = changed;
  },
  removeEventListener: () => undefined,
}));

vi.mock("@/host", () => ({
  HERE: "here",
  host: () => ({
    kind: "desktop",
    projects: {
      suggest: (name: string) => Promise.resolve({ folder: `~/Projects/${name}`, port: 8056, url: "http://127.0.0.1:8056" }),
      create: (project: unknown) => {
        stage.created(project);
        return new Promise(() => undefined);
      },
      logs: () => Promise.resolve([]),
      testConnection: (...asked: unknown[]) => {
        stage.tested(...asked);
        return Promise.resolve(stage.report);
      },
      editConnection: (...asked: unknown[]) => stage.edited(...asked) as Promise<unknown>,
      session: () => Promise.reject(new Error("nobody is signed in")),
    },
    secrets: { state: () => Promise.resolve(stage.keeping) },
  }),
}));

const { HomePage } = await import("./HomePage");

const project = (name: string): Project => ({
  id: name,
  name,
  place: `~/Projects/${name}`,
  store: "sqlite",
  state: "stopped",
  kind: "local",
  environment: "local",
  guard: "open",
  template: "crm",
});
const SHOP: Project = { ...project("Shop"), kind: "remote", place: "https://shop.example.com/", url: "https://shop.example.com/" };

function Home({ projects, onOpen }: { projects: readonly Project[]; onOpen: (project: Project) => void }) {
  useKeyDispatch();
  return <HomePage projects={projects} error={null} onRetry={() => undefined} onOpen={onOpen} />;
}

function home(projects: readonly Project[]) {
  const onOpen = vi.fn();
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <TooltipProvider>
        <Home projects={projects} onOpen={onOpen} />
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { onOpen };
}

const about = (name: string) => screen.queryByRole("complementary", { name: `About ${name}` });
const widen = (wide: boolean) =>
  act(() => {
    stage.wide = wide;
    stage.changed?.();
  });

beforeEach(() => {
  stage.wide = true;
  stage.keeping = "keychain";
  stage.created.mockClear();
  stage.tested.mockClear();
  stage.edited.mockReset().mockResolvedValue(null);
});

test("Enter opens the selected project where nothing has the focus, and nowhere else", async () => {
  const { onOpen } = home([SHOP]);
  fireEvent.keyDown(document.body, { key: "Enter" });
  expect(onOpen).toHaveBeenCalledWith(SHOP);
  await userEvent.type(screen.getByPlaceholderText("Filter by name or host"), "Shop{Enter}");
  expect(onOpen).toHaveBeenCalledTimes(1);
});

test("a narrow window shows the list alone until the inspector is asked for, and lets it go again", () => {
  stage.wide = false;
  home([project("Press")]);
  expect(about("Press")).toBeNull();
  act(() => void runCommand("inspector.toggle"));
  expect(within(about("Press")!).getByRole("button", { name: "More for Press" })).toBeDefined();
  fireEvent.keyDown(document.body, { key: "Escape" });
  expect(about("Press")).toBeNull();
});

test("a wide window shows the inspector, hides it when asked, and shows it again at another width", () => {
  home([project("Press")]);
  expect(about("Press")).not.toBeNull();
  fireEvent.keyDown(document.body, { key: "i", ctrlKey: true });
  expect(about("Press")).toBeNull();
  widen(false);
  expect(about("Press")).toBeNull();
  fireEvent.keyDown(document.body, { key: "i", ctrlKey: true });
  expect(about("Press")).not.toBeNull();
});

test("what a project began with is said by its name", () => {
  home([project("Press")]);
  expect(within(about("Press")!).getByText("CRM")).toBeDefined();
});

test("Enter creates the project from a chosen template as it does from the name", async () => {
  home([]);
  await userEvent.type(screen.getByLabelText("Name"), "Press");
  await userEvent.click(screen.getByRole("radio", { name: /^Blog/ }));
  const before = stage.created.mock.calls.length;
  fireEvent.keyDown(screen.getByRole("radio", { name: /^Blog/ }), { key: "Enter" });
  // Once more before it is there, and the key that is held.
  await Promise.resolve();
  fireEvent.keyDown(screen.getByRole("radio", { name: /^Blog/ }), { key: "Enter" });
  fireEvent.keyDown(screen.getByRole("radio", { name: /^Blog/ }), { key: "Enter", repeat: true });
  await vi.waitFor(() => {
    expect(stage.created).toHaveBeenCalledWith(expect.objectContaining({ name: "Press", template: "blog" }));
  });
  await new Promise((done) => setTimeout(done));
  expect(stage.created).toHaveBeenCalledTimes(before + 1);
});

test.each([
  ["keychain", "goes to the system keychain"],
  ["sealed", "goes into the sealed file"],
  ["nowhere", "is asked for at the next"],
] as const)("the form says where a password goes: %s", async (keeping, words) => {
  stage.keeping = keeping;
  home([]);
  await userEvent.click(screen.getByRole("radio", { name: "A Postgres database" }));
  expect(await screen.findByText(new RegExp(words))).toBeDefined();
});

test("an address is judged once it has been written, not while it is", async () => {
  home([SHOP]);
  fireEvent.keyDown(document.body, { key: "c" });
  const address = await screen.findByLabelText("Address");
  await userEvent.type(address, "shop.example");
  expect(screen.queryByText(/This is not an address/)).toBeNull();
  await userEvent.tab();
  expect(await screen.findByText(/This is not an address/)).toBeDefined();
});

test("Enter on what is no address says so", async () => {
  home([SHOP]);
  fireEvent.keyDown(document.body, { key: "c" });
  const address = await screen.findByLabelText("Address");
  await userEvent.type(address, "shop.example");
  fireEvent.submit(address.closest("form") as HTMLFormElement);
  expect(await screen.findByText(/This is not an address/)).toBeDefined();
});

test.each([
  [{ reachable: true, ours: true, version: "0.4.0", project: "Shop", store: "postgres" }, ["Plinth 0.4.0", "Shop, on Postgres"]],
  [{ reachable: true, ours: true }, ["A Plinth answers", /told to whoever is signed in/]],
  [{ reachable: true, ours: true, message: "it does not take this access token" }, ["A Plinth answers", "it does not take this access token"]],
  [{ reachable: true, ours: false, message: "it is no Plinth" }, ["it is no Plinth"]],
  [{ reachable: false, ours: false, message: "it did not answer" }, ["it did not answer"]],
] as const)("a connection is tested before it is made: %j", async (report, words) => {
  stage.report = report;
  home([SHOP]);
  fireEvent.keyDown(document.body, { key: "c" });
  const address = await screen.findByLabelText("Address");
  await userEvent.type(address, "https://shop.example");
  await userEvent.type(screen.getByLabelText("Access token"), "far");
  await userEvent.click(screen.getByRole("button", { name: "Test" }));
  const found = screen.getByRole("status", { name: "" });
  for (const word of words) expect(await within(found).findByText(word)).toBeDefined();
  expect(stage.tested).toHaveBeenCalledExactlyOnceWith("https://shop.example", "far");
  expect(within(found).queryByText(/Not encrypted/)).toBeNull();
  // What was found is of the address that was asked.
  await userEvent.type(address, "/elsewhere");
  expect(within(found).queryByText(words[0])).toBeNull();
});

test("what can be read on its way is told", async () => {
  stage.report = { reachable: true, ours: true };
  home([SHOP]);
  fireEvent.keyDown(document.body, { key: "c" });
  const address = await screen.findByLabelText("Address");
  for (const [url, told] of [
    ["http://10.0.0.7:8056", true],
    ["http://127.0.0.1:8056", false],
    ["http://localhost:8056", false],
  ] as const) {
    await userEvent.clear(address);
    await userEvent.type(address, url);
    await userEvent.click(screen.getByRole("button", { name: "Test" }));
    await screen.findByText("A Plinth answers");
    expect(screen.queryByText(/Not encrypted/) !== null).toBe(told);
  }
});

test("of a connection name, environment and guard change; a lower guard is announced, and a no keeps the dialog", async () => {
  const careful: Project = { ...SHOP, guard: "readonly", environment: "staging" };
  home([careful]);
  await userEvent.click(within(about("Shop")!).getByRole("button", { name: "More for Shop" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: /^Change connection/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Change the connection Shop" }));
  expect(dialog.getByLabelText("Address").hasAttribute("disabled")).toBe(true);
  expect(dialog.queryByText("Access token")).toBeNull();
  const name = dialog.getByLabelText("Name");
  await userEvent.clear(name);
  await userEvent.type(name, "Far shop");
  // A guard that holds back more than the proposal of an environment stays.
  await userEvent.click(dialog.getByRole("radio", { name: "Production" }));
  expect(dialog.getByRole("radio", { name: "Read-only" }).getAttribute("aria-checked")).toBe("true");
  expect(dialog.queryByText(/A lower guard/)).toBeNull();
  await userEvent.click(dialog.getByRole("radio", { name: "Confirm writes" }));
  expect(dialog.getByText(/A lower guard/)).toBeDefined();
  stage.edited.mockRejectedValueOnce(new Error("the guard was not lowered"));
  await userEvent.click(dialog.getByRole("button", { name: "Save" }));
  expect(await dialog.findByText("the guard was not lowered")).toBeDefined();
  await userEvent.click(dialog.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(stage.edited).toHaveBeenCalledTimes(2);
  expect(stage.edited).toHaveBeenLastCalledWith("Shop", { name: "Far shop", environment: "production", guard: "confirm" });
});

test("of a remote instance the address is told, once and plainly, and no folder", () => {
  home([SHOP, project("Press")]);
  fireEvent.click(screen.getByRole("row", { name: "Shop, remote" }));
  const facts = within(about("Shop")!);
  expect(facts.getByText("https://shop.example.com")).toBeDefined();
  expect(facts.queryByText("Folder")).toBeNull();
  expect(screen.getByText("At https://shop.example.com")).toBeDefined();
  fireEvent.click(screen.getByRole("row", { name: "Press, local" }));
  expect(within(about("Press")!).getByText("Folder")).toBeDefined();
});

test("over the ledger the inspector takes the focus, and gives it back to where it came from", () => {
  stage.wide = false;
  home([project("Press"), project("Shop floor")]);
  const row = screen.getByRole("row", { name: /^Press/ });
  row.focus();
  fireEvent.keyDown(row, { key: "i", ctrlKey: true });
  const open = within(about("Press")!).getByRole("button", { name: /^Start/ });
  expect(document.activeElement).toBe(open);
  fireEvent.keyDown(open, { key: "Escape" });
  expect(about("Press")).toBeNull();
  expect(document.activeElement).toBe(row);
});

test("beside the ledger the inspector leaves the focus where it is", () => {
  home([project("Press")]);
  const row = screen.getByRole("row", { name: /^Press/ });
  row.focus();
  fireEvent.keyDown(row, { key: "i", ctrlKey: true });
  fireEvent.keyDown(row, { key: "i", ctrlKey: true });
  expect(about("Press")).not.toBeNull();
  expect(document.activeElement).toBe(row);
});
