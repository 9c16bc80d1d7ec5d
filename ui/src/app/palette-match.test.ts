import { expect, test } from "vitest";
import { match } from "./palette-match";

test("the start of a name beats the start of a word beats the middle", () => {
  const scores = ["commit rows", "customers.company_name", "income", "choose model"].map((name) => match("com", name)?.score);
  expect(scores).toEqual([0, 1, 2, 6]);
});

test("what matched is told, for the underline", () => {
  expect(match("com", "customers.company")?.ranges).toEqual([[10, 13]]);
  expect(match("ord", "orders")?.ranges).toEqual([[0, 3]]);
});

test("letters strewn over a name are chance", () => {
  expect(match("aeio", "a very long invented name of")).toBeNull();
  expect(match("zzz", "orders")).toBeNull();
});
