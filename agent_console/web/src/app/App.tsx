/** Everything a page needs around it. */
import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import type { makeRouter } from "@/app/router";
import { schemeManager } from "@/app/theme/scheme";
import { theme } from "@/app/theme/theme";

interface Props {
  client: QueryClient;
  router: ReturnType<typeof makeRouter>;
}

export function App({ client, router }: Props) {
  return (
    <StrictMode>
      <MantineProvider
        theme={theme}
        colorSchemeManager={schemeManager}
        defaultColorScheme="auto"
        withCssVariables={false} // they are in mantine.css: the page allows no inline style
        deduplicateInlineStyles
      >
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}
