/** Socket.IO as this console uses it: WebSocket only, reconnecting with jitter, its auth made anew for every attempt. */
import { io } from "socket.io-client";
import type { Dial, Socket } from "@/live/live";

export const dial: Dial = (auth) =>
  io("/agent", {
    transports: ["websocket"],
    autoConnect: false,
    auth: (send) => send(auth()),
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
    randomizationFactor: 0.5, // a thousand consoles do not come back in the same instant
    timeout: 10_000,
  }) as unknown as Socket;
