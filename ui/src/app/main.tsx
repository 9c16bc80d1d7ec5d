import "@/styles/index.css";
import { chooseHost } from "@/host";
import { setLocale } from "@/messages/catalogue";

// `plinth.locale = pseudo` shows what is untranslated or clipped; tests open the studio with it. It is
// no part of the address, whose search the router reads as the screen's own.
try {
  if (sessionStorage.getItem("plinth.locale") === "pseudo") setLocale("pseudo");
} catch {
  // A browser without storage speaks English.
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

// All of it comes at once, but each part runs in a task of its own: together they would hold the
// main thread for over a tenth of a second before anything is drawn.
const parts = [import("react-dom/client"), import("@/kit/Tooltip"), import("@/kit/Dialog")];
const studio = import("./start");
await chooseHost();
await Promise.all(parts);
const { start } = await studio;
await start(root);
