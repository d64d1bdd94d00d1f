// The page's requests to its server, and the stream of what happens there.
import { store } from "./store.js";

/**
 * Posts as the person who was chosen last, even if their side of the workspace is still on its way; `as` in the body
 * says otherwise. Answers the server's object; a lost connection becomes {ok: false, error}.
 */
export async function post(route, body = {}) {
  let as = body.as ?? store.acting?.id;
  try {
    if (!body.as && store.becoming) as = await store.becoming;
  } catch {
    return { ok: false, error: "That was not done: the person you chose could not be loaded." };
  }
  try {
    const response = await fetch(`/page/${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...body, as }),
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

/** Listens as `as`, ending any earlier stream. `heard(name, data, version)` is told of each of `names`; `online` hears true and false. */
export function listen(as, names, heard, online) {
  source?.close();
  const mine = new EventSource(`/page/events?as=${encodeURIComponent(as)}`);
  source = mine;
  mine.onopen = () => online(true);
  mine.onerror = () => {
    if (source !== mine) return;
    online(false);
    // A refused stream is closed for good; a dropped one reconnects by itself.
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => source === mine && listen(as, names, heard, online), 2000);
  };
  for (const name of names) {
    mine.addEventListener(name, (event) => source === mine && heard(name, JSON.parse(event.data), Number(event.lastEventId)));
  }
}
