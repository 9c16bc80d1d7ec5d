import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { chooseHost } from "@/host";
import { readyNumbers, setLocale } from "@/messages/catalogue";
import { Providers } from "./providers";
import { router } from "./router";
import { preloadScreens } from "./screen";
import { recallLayout } from "./ui-state";

/** Chooses the host and draws the studio into the page. */
export async function start(root: HTMLElement): Promise<void> {
  // `plinth.locale = pseudo` shows what is untranslated or clipped; tests open the studio with it. It
  // is no part of the address, whose search the router reads as the screen's own.
  try {
    if (sessionStorage.getItem("plinth.locale") === "pseudo") setLocale("pseudo");
  } catch {
    // A browser without storage speaks English.
  }
  await chooseHost();
  await recallLayout();
  createRoot(root).render(
    <StrictMode>
      <Providers>
        <RouterProvider router={router} />
      </Providers>
    </StrictMode>,
  );
  // While the first answers are on their way; a number is in most of them.
  setTimeout(readyNumbers);
  // After the first screen has had the network to itself.
  setTimeout(() => void preloadScreens(), 2_500);
}
