import { beforeEach, expect, test } from "vitest";
import { chooseHost, host } from "@/host";
import { closeTab, openTab, recallLayout, toggleFolder, useUi } from "./ui-state";

beforeEach(async () => {
  localStorage.clear();
  await chooseHost();
  useUi.setState(useUi.getInitialState(), true);
});

test("the window comes back as it was left", async () => {
  await recallLayout();
  openTab("press:ada", { key: "data:notes", kind: "data", collection: "notes" });
  openTab("press:ada", { key: "schema", kind: "schema" });
  closeTab("press:ada", "schema");
  toggleFolder("own");
  useUi.setState({ sidebar: false, palette: true });

  const left = await host().layout.get("studio");
  useUi.setState(useUi.getInitialState(), true);
  await host().layout.set("studio", left);
  await recallLayout();
  const { sidebar, palette, tabs, closedFolders } = useUi.getState();
  expect({ sidebar, palette }).toEqual({ sidebar: false, palette: false });
  expect(tabs).toEqual({ "press:ada": [{ key: "data:notes", kind: "data", collection: "notes" }] });
  expect([...closedFolders].toSorted()).toEqual(["own", "system"]);
});

test.each([null, 7, "text", [], { sidebar: "no", tabs: { press: [{ key: 1 }, { key: "flow", kind: "flow" }, null], far: 3 }, closedFolders: 1 }])(
  "what is no layout of ours changes nothing: %j",
  async (kept) => {
    await host().layout.set("studio", kept);
    await recallLayout();
    const { sidebar, tabs, closedFolders } = useUi.getState();
    expect(sidebar).toBe(true);
    expect(Object.values(tabs).flat()).toEqual([]);
    expect([...closedFolders]).toEqual(["system"]);
  },
);
