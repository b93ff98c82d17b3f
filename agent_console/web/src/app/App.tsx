/** Everything a page needs around it. */
import { MantineProvider } from "@mantine/core";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import type { makeRouter } from "@/app/router";
import { schemeManager } from "@/app/theme/scheme";
import { theme } from "@/app/theme/theme";
import { Tips } from "@/ui/Tips";

interface Props {
  client: QueryClient;
  router: ReturnType<typeof makeRouter>;
  env?: "test"; // nothing moves, nothing is drawn elsewhere in the page
}

export function App({ client, router, env }: Props) {
  return (
    <StrictMode>
      <MantineProvider
        theme={theme}
        colorSchemeManager={schemeManager}
        defaultColorScheme="auto"
        withCssVariables={false} // they are in mantine.css: the page allows no inline style
        withGlobalClasses={false}
        {...(env && { env })}
      >
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
          <Tips />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}
