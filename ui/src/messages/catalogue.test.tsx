import { render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { catalogue, setLocale } from "./catalogue";

const t = catalogue({
  plain: "Discard",
  slot: "Drop {name} from {place}?",
  rows: { one: "{count} row committed to {name}", other: "{count} rows committed to {name}" },
});

afterEach(() => setLocale("en"));

test("slots are filled and counts are grouped", () => {
  expect(t("plain")).toBe("Discard");
  expect(t("slot", { name: "nick", place: "customers" })).toBe("Drop nick from customers?");
  expect(t("rows", { count: 1, name: "local" })).toBe("1 row committed to local");
  expect(t("rows", { count: 9310, name: "local" })).toBe("9,310 rows committed to local");
  expect(t("rows", { count: 9_007_199_254_740_993n, name: "local" })).toBe("9,007,199,254,740,993 rows committed to local");
});

test("a slot may hold an element", () => {
  const { container } = render(<p>{t.rich("slot", { name: <b>nick</b>, place: "customers" })}</p>);
  expect(container.innerHTML).toBe("<p>Drop <b>nick</b> from customers?</p>");
});

test("the pseudo-locale changes words and leaves values alone", () => {
  setLocale("pseudo");
  const said = t("slot", { name: "nick", place: "customers" });
  expect(said).toContain("nick");
  expect(said).toContain("customers");
  expect(said).not.toContain("Drop");
  expect(said.length).toBeGreaterThan("Drop nick from customers?".length);
});
