// The page's requests to its server, and the stream of what happens there.
import { store } from "./store.js";

/** Posts as the acting person. Answers the server's object; a lost connection becomes {ok: false, error}. */
export async function post(route, body = {}) {
  try {
    const response = await fetch(`/page/${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: store.acting?.id, ...body }),
    });
    return await response.json();
  } catch {
    return { ok: false, error: "The sandbox does not answer. Is it still running?" };
  }
}

export async function fetchState(as) {
  const response = await fetch(`/page/state${as ? `?as=${encodeURIComponent(as)}` : ""}`, { cache: "no-store" });
  const state = await response.json();
  if (!state.ok) throw new Error(state.error ?? "The workspace could not be read.");
  return state;
}

let source = null;

/** Listens as `as`, ending any earlier stream. `heard` maps event names to functions; `online` hears true and false. */
export function listen(as, heard, online) {
  source?.close();
  const mine = new EventSource(`/page/events?as=${encodeURIComponent(as)}`);
  source = mine;
  mine.onopen = () => online(true);
  mine.onerror = () => {
    if (source !== mine) return;
    online(false);
    // A refused stream is closed for good; a dropped one reconnects by itself.
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => source === mine && listen(as, heard, online), 2000);
  };
  for (const [name, receive] of Object.entries(heard)) {
    mine.addEventListener(name, (event) => source === mine && receive(JSON.parse(event.data)));
  }
}
