/* Shows the page of visits where there is no network: the empty page and its static files, which
   are the same for everybody. Nothing else is kept here, and nothing else is answered. KEPT stands
   above, put there by the server. */

const CACHE = `fallwerk-visits-${KEPT.release}`;
const PATIENCE = 6000; // milliseconds for which a page is waited for
const AWAY = new Set([502, 503, 504]); // what a proxy says while the server is not there

addEventListener("install", (event) => event.waitUntil(fill()));
addEventListener("activate", (event) => event.waitUntil(takeOver()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === KEPT.page) event.respondWith(page(request));
  else if (KEPT.files.includes(pathname)) event.respondWith(file(request));
});

async function fill() {
  const cache = await caches.open(CACHE);
  // As nobody in particular: no cookie goes along, so that nobody's page can come back.
  const asked = [KEPT.shell, ...KEPT.files].map((at) => new Request(at, { credentials: "omit", cache: "reload" }));
  await cache.addAll(asked);
  await skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith("fallwerk-visits-") && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

const kept = (at) => caches.match(at, { cacheName: CACHE, ignoreVary: true });

async function page(request) {
  const shell = () => kept(KEPT.shell);
  const late = new Promise((resolve) => { setTimeout(() => resolve(null), PATIENCE); });
  const asked = fetch(request);
  try {
    const answer = await Promise.race([asked, late]);
    if (answer && !AWAY.has(answer.status)) return answer;
    return await shell() ?? answer ?? await asked;
  } catch {
    return await shell() ?? Response.error();
  }
}

async function file(request) {
  return await kept(request.url) ?? fetch(request);
}
