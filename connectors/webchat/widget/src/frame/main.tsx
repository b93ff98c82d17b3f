import { render } from "preact";
import { App } from "./app";
import { Chat } from "./chat";
import "./styles.css";

const { key = "", parents = "" } = document.body.dataset;
const place = document.getElementById("chat");
if (place) render(<App chat={new Chat(key, parents.split(" "))} />, place);
