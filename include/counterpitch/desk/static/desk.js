// Comforts. Every page works without them.
"use strict";

// A choice made by mouse or finger is sent at once. One made by keyboard waits for the button: arrow keys pass
// through choices that nobody meant.
for (const form of document.querySelectorAll("form[data-auto]")) {
  for (const field of form.querySelectorAll("select, input[type=checkbox]")) {
    let pointed = false;
    field.addEventListener("pointerdown", () => (pointed = true));
    field.addEventListener("keydown", () => (pointed = false));
    field.addEventListener("change", () => pointed && form.requestSubmit());
  }
}

// The Airflow UI shows us in a frame that opens no windows: there, the page around us opens the link.
if (window.parent !== window) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.outside");
    if (!link) return;
    try {
      const opener = Object.assign(window.parent.document.createElement("a"), {
        href: link.href,
        target: "_blank",
        rel: "noopener noreferrer",
      });
      opener.click();
      event.preventDefault();
    } catch {
      // A page around us that we may not touch: the browser decides, and the address can be copied.
    }
  });
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const before = button.textContent;
    button.textContent = (await copied(button.dataset.copy)) ? "Copied" : "Copy failed";
    setTimeout(() => (button.textContent = before), 2000);
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
