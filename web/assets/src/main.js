// What every page loads. All pages work without it.

import htmx from "htmx.org";
import { begin as beginInbox } from "./_inbox.js";
import { begin as beginLists } from "./_searchable.js";
import { begin as beginPhotos } from "./_photos.js";
import { begin as sendOnce } from "./_once.js";
import { begin as beginConditions } from "./_conditions.js";

document.documentElement.classList.add("js");

document.querySelector("[data-focus]")?.focus();
document.querySelector("[data-select]")?.addEventListener("focus", (event) => event.target.select());

sendOnce();
beginLists();
beginPhotos();
beginConditions();
beginInbox(htmx);
