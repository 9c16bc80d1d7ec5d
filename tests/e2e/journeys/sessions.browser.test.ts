/** Where somebody is signed in, seen and ended from the studio. */
import { expect, test } from "vitest";
import { Api } from "../harness/api";
import { BrowserPerson } from "../harness/browser";
import { OWNER, RunningServer } from "../harness/server";
import { signIn } from "../harness/sign-in";

test("a session left behind somewhere is found and ended, and this one stays", async () => {
  const server = await RunningServer.start();
  const [left, other] = [await Api.signIn(server.url), await Api.signIn(server.url)];
  const person = await BrowserPerson.open(`${server.url}/studio/#/p/here/schema`);
  try {
    await signIn(person);
    await person.click({ role: "button", name: /^Switch connection/u });
    await person.click({ role: "menuitem", name: `Sessions of ${OWNER.email}` });
    const table = { role: "dialog", name: "Sessions" };
    await person.see({ role: "cell", name: /Chrome.*this one/u, within: table });
    expect(await person.count({ role: "row", within: table })).toBe(4);
    // Of one's own session there is nothing to press: that is signing out.
    const end = { role: "button", name: /^End the session of node/u, within: table };
    expect(await person.count(end)).toBe(2);
    await person.shot("sessions");
    await person.click({ ...end, nth: 0 });
    await expect.poll(() => person.count(end)).toBe(1);
    const dead = [await status(server.url, left), await status(server.url, other)].filter((code) => code === 401);
    expect(dead).toHaveLength(1);
    await person.click({ role: "button", name: "End 1 other session", within: table });
    await expect.poll(() => person.count(end)).toBe(0);
    await person.see({ role: "cell", name: /this one/u, within: table });
    expect([await status(server.url, left), await status(server.url, other)]).toEqual([401, 401]);
    await person.press("Escape");
    await person.see({ role: "navigation", name: "Sidebar" });
    expect(await person.verdict()).toEqual([]);
  } finally {
    await person.close();
    await server.stop();
  }
});

async function status(url: string, api: Api): Promise<number> {
  return (await fetch(`${url}/auth/me`, { headers: { authorization: `Bearer ${api.token}` } })).status;
}
