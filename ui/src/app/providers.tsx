import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { followSystemTheme } from "@/kit/appearance";
import { useKeyDispatch } from "@/kit/commands";
import { Toaster } from "@/kit/toast";
import { TooltipProvider } from "@/kit/Tooltip";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Old content stays while new content loads; a failed read says so itself, with its own retry.
      retry: false,
      staleTime: 10_000,
      refetchOnWindowFocus: true,
    },
  },
});

export function Providers({ children }: { children: ReactNode }) {
  useKeyDispatch();
  useEffect(followSystemTheme, []);
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <TooltipProvider>
          {children}
          <Toaster />
        </TooltipProvider>
      </QueryClientProvider>
    </CSPProvider>
  );
}
