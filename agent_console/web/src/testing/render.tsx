/** The whole console over a fake hub, at an address. Driven by role and label, as people and screen readers do. */
import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { App } from "@/app/App";
import { makeRouter } from "@/app/router";
import { SignInControl } from "@/app/session";
import { createQueryClient } from "@/data/client";
import { useOutbox } from "@/data/outbox";
import { startI18n } from "@/lib/i18n/i18n";
import type { FakeHub } from "@/testing/fake-hub";

export async function openConsole(hub: FakeHub, path: string) {
  localStorage.clear();
  useOutbox.setState({ entries: [] });
  const restore = hub.install();
  await startI18n("vi");
  const client = createQueryClient();
  const session = new SignInControl(client, hub.dial);
  const router = makeRouter({ client, session }, createMemoryHistory({ initialEntries: [path] }));
  const page = render(<App client={client} router={router} env="test" />);
  const close = () => {
    page.unmount();
    session.live.stop();
    client.clear();
    restore();
  };
  return { user: userEvent.setup(), client, router, close };
}
