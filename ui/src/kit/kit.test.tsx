import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { EditorView } from "@codemirror/view";
import { CodeMirror } from "./CodeMirror";
import { ConfirmLoss } from "./Dialog";
import { tokens } from "./highlight";
import { Segmented } from "./Segmented";
import { Loading } from "./states";
import { Tree } from "./Tree";

test("a loss with a typed name waits for exactly that name", async () => {
  const lose = vi.fn();
  render(
    <ConfirmLoss open title="Drop nick?" body="1,204 values" keepLabel="Keep nick" loseLabel="Drop nick" typedName="nick" onKeep={vi.fn()} onLose={lose} />,
  );
  const drop = screen.getByRole("button", { name: "Drop nick" });
  expect(drop).toHaveProperty("disabled", true);
  await userEvent.type(screen.getByRole("textbox"), "nic");
  expect(drop).toHaveProperty("disabled", true);
  await userEvent.keyboard("{Enter}");
  expect(document.activeElement).toBe(screen.getByRole("textbox"));
  // The last key of a name loses nothing: it goes to the button, and the next one presses that.
  await userEvent.type(screen.getByRole("textbox"), "k{Enter}");
  expect(document.activeElement).toBe(drop);
  expect(lose).not.toHaveBeenCalled();
  await userEvent.keyboard("{Enter}");
  expect(lose).toHaveBeenCalledTimes(1);
});

test("a segmented control is one stop, and arrows choose", async () => {
  function Held() {
    const [value, set] = useState<"none" | "where" | "all">("none");
    return (
      <Segmented
        aria-label="rows"
        value={value}
        onChange={set}
        options={[
          { value: "none", label: "None" },
          { value: "where", label: "Where" },
          { value: "all", label: "All" },
        ]}
      />
    );
  }
  render(<Held />);
  await userEvent.tab();
  await userEvent.keyboard("{ArrowRight}");
  const where = screen.getByRole("radio", { name: "Where" });
  expect(where.getAttribute("aria-checked")).toBe("true");
  expect(document.activeElement).toBe(where);
  await userEvent.keyboard("{ArrowLeft}{ArrowLeft}");
  expect(screen.getByRole("radio", { name: "All" }).getAttribute("aria-checked")).toBe("true");
});

test("Enter on a choice of a form is the way on of the form, also after a click", async () => {
  const chosen = vi.fn();
  const sent = vi.fn((event: { preventDefault: () => void }) => event.preventDefault());
  const options = [
    { value: "me", label: "Only me" },
    { value: "all", label: "Everybody" },
  ];
  render(
    <form onSubmit={sent}>
      <Segmented aria-label="who" value="me" onChange={chosen} options={options} />
      <button type="submit">Save</button>
    </form>,
  );
  await userEvent.click(screen.getByRole("radio", { name: "Everybody" }));
  expect(chosen.mock.calls).toEqual([["all"]]);
  await userEvent.keyboard("{Enter}");
  expect(sent).toHaveBeenCalledTimes(1);
  expect(chosen).toHaveBeenCalledTimes(1);
});

test("a tree is one stop, walks its rows and closes folders", async () => {
  const select = vi.fn();
  function Held() {
    const [closed, set] = useState<ReadonlySet<string>>(new Set());
    return (
      <Tree
        aria-label="collections"
        closed={closed}
        onToggle={(id) => set(closed.has(id) ? new Set() : new Set([id]))}
        onSelect={select}
        folders={[
          {
            id: "sales",
            label: "Sales",
            items: [
              { id: "customers", label: "customers" },
              { id: "orders", label: "orders" },
            ],
          },
        ]}
      />
    );
  }
  render(<Held />);
  await userEvent.tab();
  await userEvent.keyboard("{ArrowDown}{ArrowDown}{Enter}");
  expect(select).toHaveBeenCalledWith("orders");
  await userEvent.keyboard("{ArrowLeft}{ArrowLeft}");
  expect(within(screen.getByRole("tree")).queryByText("orders")).toBeNull();
});

test("loading says nothing for 150 ms, then what, then for how long", () => {
  vi.useFakeTimers();
  try {
    render(<Loading what="Reading rows" stoppable />);
    act(() => void vi.advanceTimersByTime(100));
    expect(screen.queryByRole("status")).toBeNull();
    act(() => void vi.advanceTimersByTime(100));
    expect(screen.getByRole("status").textContent).toBe("");
    act(() => void vi.advanceTimersByTime(600));
    expect(screen.getByRole("status").textContent).toBe("Reading rows, 0.8 sEsc stops it");
  } finally {
    vi.useRealTimers();
  }
});

test("code is coloured by meaning and loses no sign", () => {
  const line = `  "total": "740.00", // 3 rows`;
  for (const language of ["json", "ts", "sh", "sql", "http", "text"] as const) {
    expect(tokens(line, language).map((token) => token.text).join("")).toBe(line);
  }
  expect(tokens(`"id": 1`, "json").map((token) => token.kind)).toEqual(["key", "plain", "number"]);
  expect(tokens("DROP TABLE x", "sql")[0]).toEqual({ kind: "danger", text: "DROP" });
  expect(tokens(`ON "a.unique--index"`, "sql").map((token) => token.kind)).toEqual(["keyword", "plain", "plain"]);
});

test("a text that comes back late does not take away what was typed meanwhile", () => {
  const typed: string[] = [];
  const editor = (value: string) => <CodeMirror value={value} language="json" label="Body" onChange={(text) => typed.push(text)} />;
  const { rerender, container } = render(editor(""));
  const view = EditorView.findFromDOM(container.querySelector<HTMLElement>(".cm-editor") ?? container);
  if (!view) throw new Error("no editor was drawn");
  const type = (text: string): void => view.dispatch({ changes: { from: view.state.doc.length, insert: text } });
  const shown = (): string => view.state.doc.toString();
  type("a");
  type("b");
  expect(typed).toEqual(["a", "ab"]);
  rerender(editor("a"));
  expect(shown()).toBe("ab");
  type("c");
  rerender(editor("ab"));
  rerender(editor("abc"));
  expect(shown()).toBe("abc");
  // What comes from elsewhere is shown, and told to nobody; also when it is a text of before.
  rerender(editor("ab"));
  expect(shown()).toBe("ab");
  rerender(editor("elsewhere"));
  expect(shown()).toBe("elsewhere");
  expect(typed).toEqual(["a", "ab", "abc"]);
});
