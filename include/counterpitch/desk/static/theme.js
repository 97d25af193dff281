// Follows the Airflow UI's light or dark choice: from the page around us, else from where that page keeps it.
(function () {
  "use strict";
  const around = window.parent !== window ? window.parent.document.documentElement : null;
  function chosen() {
    const said = around ? around.className : window.localStorage.getItem("theme") || "";
    const found = /\b(light|dark)\b/.exec(said);
    return found ? found[1] : null;
  }
  function follow() {
    const theme = chosen();
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }
  try {
    follow();
    if (around) new MutationObserver(follow).observe(around, { attributes: true, attributeFilter: ["class"] });
  } catch {
    // A page around us that we may not read: the system's choice holds.
  }
})();
