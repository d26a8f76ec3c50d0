// The list of topics becomes shorter while somebody types.

const find = (id) => document.getElementById(id);
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const rows = [...document.querySelectorAll("#sections tbody tr")];
const words = new Map(rows.map((row) => [row, plain(row.dataset.words)]));

function show() {
  const wanted = plain(find("q").value).split(/\s+/).filter(Boolean);
  const urgency = find("urgency").value;
  const isWork = find("work").checked;
  let count = 0;
  for (const row of rows) {
    const fits =
      wanted.every((word) => words.get(row).includes(word)) &&
      (!urgency || row.dataset.urgency === urgency) &&
      (!isWork || row.dataset.work === "yes");
    row.hidden = !fits;
    if (fits) count += 1;
  }
  for (const section of find("sections").children) section.hidden = !section.querySelector("tbody tr:not([hidden])");
  const place = find("found");
  place.textContent = count ? place.dataset.found.replace("{count}", count) : place.dataset.none;
}

find("work").checked = find("work").dataset.on === "yes";
find("search").addEventListener("input", show);
find("search").addEventListener("submit", (event) => event.preventDefault());
show();
