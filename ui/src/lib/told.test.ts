import { expect, test } from "vitest";
import { told, typesIn } from "./told";

test("types are told as the screens call them, and whatever else a field becomes stays", () => {
  expect(typesIn("String of 40, required, default 5")).toBe("string(40), required, default 5");
  expect(typesIn("Decimal(12,2)")).toBe("decimal(12,2)");
  expect(typesIn("Enum of open, paid")).toBe("enum of open, paid");
  // An option that is called as a type is stays what is stored.
  expect(typesIn("Enum of Text, Date")).toBe("enum of Text, Date");
  expect(told("becomes Enum of Text, Date; was Text", { from: "Text", to: "Enum of Text, Date" })).toBe("becomes enum of Text, Date; was text");
  expect(typesIn("DateTime")).toBe("timestamptz");
});

test("a sentence of the server has our words for types, and names as they are", () => {
  const about = { from: "String", to: "Integer" };
  expect(told("4 of 9,310 values of `age` cannot become Integer", about)).toBe("4 of 9,310 values of age cannot become int32");
  expect(told("Change field `Integer` of `String` from String to Integer", about)).toBe("Change field Integer of String from string to int32");
  expect(told("Change field `a` of `b` from String of 40 to Decimal(12,2)", { from: "String of 40", to: "Decimal(12,2)" })).toBe("Change field a of b from string(40) to decimal(12,2)");
  expect(told("Rename field `mail` of `people` to `post`", { from: "mail", to: "post" })).toBe("Rename field mail of people to post");
  expect(told("Delete collection `Text` with all its records")).toBe("Delete collection Text with all its records");
});
