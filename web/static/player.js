// Plays one recording for as long as it is this viewer's to play, and not a second longer than that.
//
// The server breaks the stream when access ends; what a browser has buffered would still play. So the page asks
// every second, and drops the buffer as soon as the answer is no. Nothing is remembered, here or there.

const EVERY = 1000;
const film = document.querySelector("[data-film]");
const video = film.querySelector("video");
const gone = film.querySelector(".gone");
const source = video.getAttribute("src");
let watching = true;

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function stop(words) {
  watching = false;
  video.pause();
  video.removeAttribute("src");
  video.load(); // lets go of everything that was buffered
  say(words);
}

function say(words, tryAgain) {
  video.hidden = true;
  gone.querySelector("p").textContent = words;
  gone.querySelector("button").hidden = !tryAgain;
  gone.hidden = false;
}

async function ask() {
  const answer = await fetch(film.dataset.details, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (answer.ok) {
    const { my } = await answer.json();
    return my.actions.includes(film.dataset.action) ? null : "You no longer have access to this recording.";
  }
  if (answer.status === 401) return "You are signed out. Sign in again to go on watching.";
  if (answer.status >= 500) return "recstore cannot be reached just now. Load the page again in a moment.";
  return "You no longer have access to this recording.";
}

async function arrives() {
  const asked = { headers: { Range: "bytes=0-0" }, cache: "no-store", signal: AbortSignal.timeout(5000) };
  return fetch(source, asked).then((answer) => answer.ok, () => false);
}

async function watch() {
  while (watching) {
    await wait(EVERY);
    // Without a network nothing more arrives anyway; the question is asked again as soon as there is one.
    const refusal = await ask().catch(() => null);
    if (refusal && watching) stop(refusal);
  }
}

async function failed() {
  if (!watching || !video.getAttribute("src")) return;
  const refusal = await ask().catch(() => null);
  if (refusal) stop(refusal);
  else if (video.error?.code === MediaError.MEDIA_ERR_DECODE) say("This recording is damaged at this point. Tell an admin of your account.", true);
  // Browsers say so also where nothing came: only bytes that do come are of a kind they cannot play.
  else if (video.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED && (await arrives())) say("Your browser cannot play this kind of recording, or its file is damaged. Try another browser, or download it if you may.", true);
  else say("The recording does not arrive just now. Nothing is lost; try again in a moment.", true);
}

function tryAgain() {
  const second = video.currentTime;
  gone.hidden = true;
  video.hidden = false;
  video.src = source;
  video.currentTime = second;
  video.play().catch(() => {});
}

const seek = (second) => { video.currentTime = Math.min(Math.max(second, 0), video.duration || second); };
const toggle = () => (video.paused ? video.play().catch(() => {}) : video.pause());
const fullscreen = () => (document.fullscreenElement ? document.exitFullscreen() : film.requestFullscreen());

const KEYS = {
  " ": toggle,
  k: toggle,
  ArrowLeft: (event) => seek(video.currentTime - (event.shiftKey ? 10 : 5)),
  ArrowRight: (event) => seek(video.currentTime + (event.shiftKey ? 10 : 5)),
  f: fullscreen,
  m: () => { video.muted = !video.muted; },
};

function press(event) {
  const act = KEYS[event.key];
  const letter = event.key.length === 1 && event.key !== " ";
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  // Space presses a focused button, arrows move the player's own controls: those keys stay theirs.
  const taken = !letter && event.target.closest("a, button, summary, video, [tabindex='0']");
  if (!act || !watching || typing || taken || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  act(event);
}

function seekFromChat(event) {
  const link = event.target.closest("[data-second]");
  if (!link || !watching) return;
  event.preventDefault();
  seek(Number(link.dataset.second));
  video.play().catch(() => {});
}

video.addEventListener("error", failed);
gone.querySelector("button").addEventListener("click", tryAgain);
document.addEventListener("keydown", press);
document.addEventListener("click", seekFromChat);
// The film may have failed before this module was there to hear of it.
if (video.error) failed();
watch();
