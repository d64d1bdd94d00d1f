// Puts the page together; each module below draws its own part when what it shows has changed.
import "./sidebar.js";
import "./channels.js";
import "./canvases.js";
import "./home.js";
import "./guide.js";
import "./terminal.js";
import { startComposer } from "./composer.js";
import { find } from "./dom.js";
import { startModals } from "./modals.js";
import { startPanes } from "./panes.js";
import { start } from "./session.js";
import { startStream } from "./stream.js";
import { startTopbar } from "./topbar.js";
import { startTraffic } from "./traffic.js";

startTopbar();
startPanes();
startComposer();
startStream();
startModals();
startTraffic();

start().then(
  () => document.body.classList.remove("loading"),
  (error) => {
    find("#loading").textContent = `The workspace could not be opened: ${error.message}`;
  },
);
