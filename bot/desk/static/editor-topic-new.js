// A whole new topic: its English texts and what belongs to it, in one go.

import { call } from "./api.js";
import { Column } from "./editor-column.js";
import { detailsForm, markDetails } from "./editor-details.js";
import { attempt, find, page } from "./editor-page.js";
import { setUnsaved } from "./editor-unsaved.js";

const details = detailsForm(() => {
  setUnsaved("details", true);
  column.check();
});
const column = new Column("en", {
  path: "new-topic/preview",
  save: "none",
  tried: (body) => {
    const { urgency, services, related } = details.read();
    return { ...body, section: find("section").value, urgency, services, related };
  },
});
find("columns").append(column.node);
column.put(page.sheet, true);
details.put(page.sheet.details);

find("looks").addEventListener("change", () => {
  column.look = find("looks").querySelector('[name="look"]:checked').value;
  column.isSimpler = find("simpler").checked;
  column.preview();
});
find("section").addEventListener("change", column.check);

find("details").addEventListener("submit", (event) => {
  event.preventDefault();
  markDetails([]);
  attempt(
    async () => {
      const body = { id: find("id").value.trim(), section: find("section").value, texts: column.read() };
      const answer = await call("POST", "new-topic", { ...body, details: details.read() });
      setUnsaved("en", false);
      setUnsaved("details", false);
      location.assign(answer.page);
    },
    find("details-fault"),
    (refusal) => {
      markDetails(refusal.details.fields ?? []);
      return column.refused(refusal);
    },
  );
});
