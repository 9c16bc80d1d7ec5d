import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Providers } from "./providers";
import { router } from "./router";
import { preloadScreens } from "./screen";
import { recallLayout } from "./ui-state";

/** Draws the studio into the page. The host is chosen by then. */
export async function start(root: HTMLElement): Promise<void> {
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
}
