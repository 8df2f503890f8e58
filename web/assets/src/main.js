// What every page loads. All pages work without it.

import htmx from "htmx.org";
import { begin as beginInbox, moves } from "./_inbox.js";
import { begin as beginLists } from "./_searchable.js";
import { begin as beginPositions } from "./_position.js";
import { begin as beginPhotos } from "./_photos.js";
import { begin as sendOnce } from "./_once.js";
import { begin as beginConditions } from "./_conditions.js";
import { begin as beginComposing } from "./_composing.js";
import { begin as beginKeys } from "./_keys.js";
import { begin as toWhatWasRefused } from "./_refused.js";

document.documentElement.classList.add("js");

document.querySelector("[data-select]")?.addEventListener("focus", (event) => event.target.select());

beginComposing();
sendOnce();
beginLists();
beginPhotos();
beginPositions();
beginConditions();
beginInbox(htmx);
beginKeys(moves);
toWhatWasRefused();
