// What the moderator of a room can do: set its pace, and mute somebody or kick them out.

import { ask, Refusal } from "../shared/connection.js";
import { byId } from "../shared/dom.js";

// `onClose(name)` hears that the question about somebody is off the page.
export function createModeration(socket, conversation, onClose) {
  const dialog = byId("person");
  const form = dialog.querySelector("form");
  let name = "";

  const decide = (verdict, about) => ask(socket, "moderate", conversation.room, verdict, about);
  const words = (error) => (error instanceof Refusal ? error.message : "The server does not answer. Please try again.");

  // Ask what shall be done about somebody.
  function open(person) {
    name = person.name;
    byId("person-title").textContent = name;
    byId("mute").textContent = person.muted ? "Unmute" : "Mute";
    byId("mute").value = person.muted ? "unmute" : "mute";
    form.querySelector(".error").textContent = "";
    dialog.showModal();
  }

  dialog.addEventListener("close", () => onClose(name));
  form.addEventListener("submit", async (event) => {
    const verdict = event.submitter?.value;
    if (verdict === "close") return;
    event.preventDefault();
    try {
      await decide(verdict, name);
      dialog.close();
    } catch (error) {
      form.querySelector(".error").textContent = words(error);
    }
  });

  byId("pace").addEventListener("change", async () => {
    try {
      await decide("pace", Number(byId("pace").value));
    } catch (error) {
      byId("pace").value = conversation.pace;
      byId("notice").textContent = words(error);
    }
  });

  return { open };
}
