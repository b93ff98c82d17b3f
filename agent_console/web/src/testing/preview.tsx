/** The console over the story instead of a hub. ?view, ?lang=en, ?role=agent. Only the dev server knows this page. */
import "@/app/theme/mantine.css";
import "@/app/theme/tokens.css";
import "@/app/theme/base.css";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { makeRouter } from "@/app/router";
import { SignInControl } from "@/app/session";
import { createQueryClient } from "@/data/client";
import { startI18n } from "@/lib/i18n/i18n";
import { story } from "@/testing/story";

const asked = new URLSearchParams(location.search);
const locale = asked.get("lang") === "en" ? "en" : "vi";
const hub = story(locale, asked.get("role") === "agent" ? "agent" : "admin");
hub.install();
await startI18n(locale);
history.replaceState(null, "", asked.get("path") ?? "/");
const client = createQueryClient();
const router = makeRouter({ client, session: new SignInControl(client, hub.dial) });
Object.assign(window, { hub });
createRoot(document.getElementById("root") as HTMLElement).render(<App client={client} router={router} />);
