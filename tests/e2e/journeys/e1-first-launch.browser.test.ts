import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";
import { callIt, design, fillRows, judge } from "./e1-first-launch";

test("an empty instance answers with a relation that was designed by sight", async () => {
  const server = await RunningServer.start();
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/data`);
  try {
    await signIn(person);
    person.clicks = 0;
    const startedAt = Date.now();
    await design(person);
    await fillRows(person);
    await callIt(person, (await Api.signIn(server.url)).token);
    judge(person, startedAt);
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});
