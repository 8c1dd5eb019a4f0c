// The values of a chart's marks at once, as the browser shows a title late and never on a touch screen.
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);
for (const title of document.querySelectorAll("svg > * > title")) {
  title.parentElement.dataset.hint = title.textContent;
  title.remove();
}
const show = (event) => {
  const hint = event.target.closest?.("[data-hint]")?.dataset.hint;
  tip.hidden = !hint;
  if (!hint) return;
  tip.textContent = hint;
  const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 4);
  const below = event.clientY + 18 + tip.offsetHeight < innerHeight;
  tip.style.left = `${Math.max(left, 4)}px`;
  tip.style.top = `${below ? event.clientY + 18 : event.clientY - 10 - tip.offsetHeight}px`;
};
for (const kind of ["pointermove", "pointerdown"]) addEventListener(kind, show);
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

// A link that is clicked is copied.
addEventListener("click", async (event) => {
  const link = event.target.closest?.("a.link");
  if (!link || !navigator.clipboard) return;
  await navigator.clipboard.writeText(link.href);
  link.textContent = "copied";
  setTimeout(() => { link.textContent = "#"; }, 1500);
});

// A link into something folded opens it.
const open = () => {
  for (let each = document.getElementById(location.hash.slice(1)); each; each = each.parentElement) {
    if (each.tagName === "DETAILS") each.open = true;
  }
};
addEventListener("hashchange", open);
open();
