/** In the browser a person signs in before any journey begins; the desktop does it silently. */
import { OWNER } from "./server";
import type { Person } from "./person";

export async function signIn(person: Person): Promise<void> {
  await person.fill({ role: "textbox", name: "E-mail address" }, OWNER.email);
  await person.fill({ role: "textbox", name: "Password" }, OWNER.password);
  await person.press("Enter");
  await person.see({ role: "navigation", name: "Sidebar" });
}
