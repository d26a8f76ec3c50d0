// Text with links, and phone numbers that can be tapped. Nothing in it is ever read as HTML.

const FOUND = /(https:\/\/[^\s)]+)|([☎/] )([+\d][\d -]*\d)|\b(11[23])\b|(\+\d[\d ]+\d)/gu;

export function withLinks(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(FOUND)) {
    const [, address, mark, marked, emergency, abroad] = match;
    const shown = address ? address.replace(/[.,;:]+$/, "") : marked || emergency || abroad;
    const start = match.index + (mark || "").length;
    nodes.push(text.slice(end, start), address ? website(shown) : dial(shown));
    end = start + shown.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

function website(address) {
  const link = document.createElement("a");
  link.textContent = address;
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function dial(number) {
  const link = document.createElement("a");
  link.textContent = number;
  link.href = "tel:" + number.replace(/[^\d+]/g, "");
  return link;
}
