import "@/styles/index.css";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { chooseHost } from "@/host";
import { setLocale } from "@/messages/catalogue";
import { Providers } from "./providers";
import { router } from "./router";
import { preloadScreens } from "./screen";
import { recallLayout } from "./ui-state";

// `plinth.locale = pseudo` shows what is untranslated or clipped; tests open the studio with it. It is
// no part of the address, whose search the router reads as the screen's own.
try {
  if (sessionStorage.getItem("plinth.locale") === "pseudo") setLocale("pseudo");
} catch {
  // A browser without storage speaks English.
}

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
await chooseHost();
await recallLayout();
createRoot(root).render(
  <StrictMode>
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  </StrictMode>,
);

// After the first screen has had the network to itself.
setTimeout(preloadScreens, 2_500);
