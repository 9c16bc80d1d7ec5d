import { expect, test } from "vitest";
import { Database } from "../harness/postgres";
import type { Person } from "../harness/person";
import { launch, newHome, removeHome, type Home } from "../harness/window";
import { button, dialog, field, filesWith, goHome, inspector, row, type Project } from "./window-projects";

/** The scratch cluster lets everybody in; that the password is kept, and where, is what is tried. */
const PASSWORD = "a-password-of-ledger";
const MASTER = "correct horse battery";

/** One life of a home and of a database for it. */
async function withLedger(secrets: boolean, live: (home: Home, url: string) => Promise<void>): Promise<void> {
  const [home, database] = [await newHome({ secrets }), await Database.create()];
  try {
    if (!database) throw new Error("TEST_POSTGRES_URL names no cluster: cargo xtask test starts one");
    const url = new URL(database.url);
    url.password = PASSWORD;
    await live(home, url.toString());
    expect(await filesWith(home.folder, PASSWORD)).toEqual([]);
  } finally {
    await removeHome(home);
    await database?.drop();
  }
}

/** *New project* on Postgres, its address tried on the spot. */
async function makeLedger(person: Person, url: string): Promise<void> {
  await person.fill(field("Name"), "Ledger");
  await person.click({ role: "radio", name: "A Postgres database" });
  await person.fill(field("Postgres URL"), "postgres://nobody@127.0.0.1:1/none");
  await person.click(button("Try"));
  await person.miss(button("Trying"));
  await person.read("the database does not answer");
  await person.fill(field("Postgres URL"), url);
  await person.click(button("Try"));
  await person.read("May create tables");
  await person.read("Empty: ready for a new project");
  await person.click({ role: "radio", name: /^Nothing/ });
  await person.click(button(/^Create and start/));
  await person.see(button("Ledger"));
}

const startLedger = async (person: Person): Promise<void> => {
  await person.click(row("Ledger"));
  await person.click(button(/^Start/, inspector("Ledger")));
};

test("a database's password is kept in the keychain and found again after a relaunch", async () => {
  await withLedger(true, async (home, url) => {
    await launch(home, async (person) => {
      await makeLedger(person, url);
      await goHome(person, "Ledger");
      await person.read("Secrets in the system keychain");
    });
    await launch(home, async (person) => {
      await startLedger(person);
      await person.see(button("Ledger"));
      expect(await person.verdict()).toEqual([]);
    });
  });
});

test("without a keychain a password is asked for at each launch, until a master password seals it", async () => {
  await withLedger(false, async (home, url) => {
    const asking = dialog("Password of the database of Ledger");
    await launch(home, async (person) => {
      await makeLedger(person, url);
      await goHome(person, "Ledger");
      await person.read("Secrets last for this launch");
    });
    await launch(home, async (person) => {
      // From the address of the project itself, where nothing runs yet.
      const [ledger] = await person.invoke<Project[]>("projects_list");
      await person.run("location.hash = arguments[0]", `#/p/${String(ledger?.id)}`);
      await person.click(button("Start Ledger"));
      await person.fill({ ...field("Password"), within: asking }, PASSWORD);
      await person.click(button("Start", asking));
      await person.miss(asking);
      await person.see(button("Ledger"));
    });
    await launch(home, async (person) => {
      const unlocking = dialog("Unlock the secrets");
      await person.click(button("Secrets last for this launch"));
      await person.fill({ ...field("Master password"), within: unlocking }, MASTER);
      await person.click(button("Seal", unlocking));
      await person.read("Secrets in a sealed file");
      await startLedger(person);
      await person.fill({ ...field("Password"), within: asking }, PASSWORD);
      await person.click(button("Start", asking));
      await person.see(button("Ledger"));
    });
    await launch(home, async (person) => {
      const unlocking = dialog("Unlock the secrets");
      await startLedger(person);
      await person.fill({ ...field("Master password"), within: unlocking }, MASTER);
      await person.click(button("Unlock", unlocking));
      await person.see(button("Ledger"));
      expect(await person.verdict()).toEqual([]);
    });
  });
});
