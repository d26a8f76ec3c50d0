// How many questions were not answered, and which topics do not help: counting takes a moment, so the page comes first.

import { call } from "./api.js";

const find = (id) => document.getElementById(id);
const box = find("questions");

try {
  const { groups, topics } = await call("GET", "home/questions");
  find("questions-number").textContent = groups ? box.dataset.some.replace("{count}", groups) : box.dataset.none;
  find("badly").hidden = !topics.length;
  find("badly-list").append(
    ...topics.map(({ id, title, count }) => {
      const link = Object.assign(document.createElement("a"), { href: `/desk/topics/${id}`, textContent: title });
      const item = document.createElement("li");
      item.append(link, ` ${box.dataset.badly.replace("{count}", count)}`);
      return item;
    }),
  );
} catch {
  find("questions-number").textContent = box.dataset.offline;
}
