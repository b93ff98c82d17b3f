/** Starts the console: words first, then the page. */
import "@/app/theme/mantine.css";
import "@/app/theme/tokens.css";
import "@/app/theme/base.css";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { makeRouter } from "@/app/router";
import { SignInControl } from "@/app/session";
import { createQueryClient } from "@/data/client";
import { rememberedLocale, startI18n } from "@/lib/i18n/i18n";
import { dial } from "@/live/socket";

async function start(): Promise<void> {
  await startI18n(rememberedLocale());
  const client = createQueryClient();
  const session = new SignInControl(client, dial);
  const router = makeRouter({ client, session });
  const place = document.getElementById("root");
  if (place === null) throw new Error("index.html has no #root");
  createRoot(place).render(<App client={client} router={router} />);
}

void start();
