import { act, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TooltipProvider } from "@/kit/Tooltip";
import { parseJson, printJson, type JsonNode } from "@/lib/exact-json";
import { readType, type FieldInfo } from "@/lib/fields";
import { value } from "@/lib/values";
import { setLocale } from "@/messages/catalogue";
import { CellEditor } from "../CellEditor";
import { GeoMap } from "./GeoMap";
import { JsonTree } from "./JsonTree";
import { MarkdownView } from "./MarkdownView";

const field = (type: string): FieldInfo => ({
  name: "f", type: readType(type), primaryKey: false, nullable: true, unique: false, indexed: false, defaultText: null, computed: false, hidden: false, description: null, relation: null,
});
const press = (key: string, more: object = {}) => act(() => void fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more }));

beforeEach(() => setLocale("en"));
afterEach(() => vi.useRealTimers());

function edit(type: string, text: string) {
  const staged = vi.fn();
  const cancelled = vi.fn();
  const invalid = vi.fn();
  render(
    <TooltipProvider>
      <div>
        <CellEditor field={field(type)} value={value(text)} label="the cell" target={undefined} canDefault={false} onStage={staged} onInvalid={invalid} onCancel={cancelled} />
      </div>
    </TooltipProvider>,
  );
  return { staged, cancelled, invalid };
}

describe("a document as a tree", () => {
  it("is walked, changed, added to and taken from by keys", () => {
    const changes: string[] = [];
    function Held() {
      const parsed = parseJson('{"n":9007199254740993,"list":[1]}');
      const [root, setRoot] = useState<JsonNode>(parsed.ok ? parsed.node : { t: "null" });
      return (
        <JsonTree
          root={root}
          label="tree"
          onChange={(next) => {
            changes.push(printJson(next));
            setRoot(next);
          }}
        />
      );
    }
    render(<Held />);
    press("ArrowDown");
    press("Enter");
    const input = screen.getByLabelText<HTMLInputElement>("Value of n");
    expect(input.value).toBe("9007199254740993");
    fireEvent.change(input, { target: { value: "1.50x" } });
    press("Enter");
    expect(input.getAttribute("aria-invalid")).toBe("true");
    fireEvent.change(input, { target: { value: "1.50" } });
    press("Enter");
    expect(changes.at(-1)).toBe('{"n":1.50,"list":[1]}');
    press("ArrowDown");
    press("Insert");
    fireEvent.change(screen.getByLabelText("Value of list.1"), { target: { value: '"two"' } });
    press("Enter");
    expect(changes.at(-1)).toBe('{"n":1.50,"list":[1,"two"]}');
    press("ArrowUp");
    press("Delete");
    expect(changes.at(-1)).toBe('{"n":1.50,"list":["two"]}');
  });
});

describe("a place on the map", () => {
  it("is moved by arrows, and placed by a click where there is none", () => {
    const moved = vi.fn();
    const { unmount } = render(
      <TooltipProvider>
        <GeoMap text='{"type":"Point","coordinates":[10,20]}' label="map" onText={moved} />
      </TooltipProvider>,
    );
    const point = screen.getByRole("slider", { name: "Point 1: 10, 20" });
    act(() => point.focus());
    press("ArrowUp");
    expect(moved.mock.calls[0]?.[0]).toMatch(/^\{"type":"Point","coordinates":\[10,20\.\d+\]\}$/);
    unmount();
    render(
      <TooltipProvider>
        <GeoMap text="POINT (1 2)" label="map" onText={moved} />
      </TooltipProvider>,
    );
    expect(screen.getByText("WKT is edited as text")).toBeTruthy();
  });
});

describe("Markdown", () => {
  it("is drawn without anything of a page in it", () => {
    const { container } = render(<MarkdownView label="preview" text={'# Title\n\n<img src=x onerror="alert(1)"> [a](javascript:alert(1)) [b](https://example.com)\n\n![c](https://example.com/p.png)'} />);
    expect(container.querySelectorAll("img, script, iframe, [onerror]")).toHaveLength(0);
    expect([...container.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual(["https://example.com"]);
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Title");
  });
});

describe("the editors on their cards", () => {
  it("show a month under the date, which follows what is typed and types what is pressed", async () => {
    const { staged } = edit("Date", "2026-02-28");
    const day = await screen.findByRole("gridcell", { name: "2026-02-28" });
    expect(day.getAttribute("aria-selected")).toBe("true");
    const input = screen.getByLabelText<HTMLInputElement>("the cell");
    fireEvent.keyDown(input, { key: "ArrowUp" });
    expect(input.value).toBe("2026-03-01");
    expect(screen.getAllByText("March 2026").length).toBeGreaterThan(0);
    fireEvent.click(screen.getByRole("gridcell", { name: "2026-03-17" }));
    expect(input.value).toBe("2026-03-17");
    fireEvent.keyDown(input, { key: "Enter" });
    expect(staged).toHaveBeenCalledWith(value("2026-03-17"), "down");
  });

  it("stage an instant in the zone that was written, and say how it will stand", async () => {
    const { staged } = edit("DateTime", "2026-03-29T00:30:00.000Z");
    const input = screen.getByLabelText<HTMLInputElement>("the cell");
    await screen.findByText("Now");
    fireEvent.change(input, { target: { value: "2026-03-29 02:30 +13:00" } });
    expect(screen.getByText("Stored as 2026-03-28 13:30:00 +00:00")).toBeTruthy();
    fireEvent.keyDown(input, { key: "Enter" });
    expect(staged).toHaveBeenCalledWith(value("2026-03-28T13:30:00.000Z"), "down");
  });

  it("write and preview a long text, and stage nothing when nothing was written", async () => {
    const { staged, cancelled } = edit("Text", "*a*");
    fireEvent.click(await screen.findByRole("radio", { name: "Preview" }));
    expect(screen.getByRole("document", { name: "Preview of f" }).innerHTML).toContain("<em>a</em>");
    fireEvent.click(screen.getByRole("button", { name: /^Stage/ }));
    expect(cancelled).toHaveBeenCalled();
    expect(staged).not.toHaveBeenCalled();
  });

  it("say why a document is none, in the text and in its tree", async () => {
    const { staged } = edit("JSON", '{"a":1}');
    await screen.findByRole("radio", { name: "Tree" });
    fireEvent.click(screen.getByRole("radio", { name: "Tree" }));
    expect(screen.getByRole("treeitem", { name: /a:/ })).toBeTruthy();
    expect(staged).not.toHaveBeenCalled();
  });
});
